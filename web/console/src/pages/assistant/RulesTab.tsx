import { Stack, Switch, TagsInput, Textarea } from "@mantine/core";
import type { AssistantSettings } from "../../api/assistant";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import type { Edited } from "../settings/useSection";
import { hostOf, tidy } from "./guardrails";

const TOPICS_MAX = 100;
const TOPIC_MAX_CHARS = 80;
const FALLBACK_MAX_CHARS = 500;
const HOSTS_MAX = 50;

/** What the assistant may not say. The server holds every answer to it, whoever wrote it. */
export function RulesTab(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const value = assistant.value;
  return (
    <Stack>
      <Section
        title="Topics"
        hint="Held by the server for every answer, also where a model forgets what it was told"
      >
        <Stack maw={640}>
          <TagsInput
            label="It does not speak of"
            description="Words or phrases; other forms of them count too. Type one and press Enter"
            placeholder={value.prohibited_topics.length === 0 ? "legal advice" : undefined}
            maxTags={TOPICS_MAX}
            acceptValueOnBlur
            value={value.prohibited_topics}
            error={fieldError(assistant.error, "prohibited_topics")}
            onChange={(topics) => assistant.change({ prohibited_topics: tidy(topics, TOPIC_MAX_CHARS) })}
          />
          <TagsInput
            label="It is only for"
            description="A question about something else, for which there is no source, is declined politely. Empty: everything"
            maxTags={TOPICS_MAX}
            acceptValueOnBlur
            value={value.scope}
            error={fieldError(assistant.error, "scope")}
            onChange={(topics) => assistant.change({ scope: tidy(topics, TOPIC_MAX_CHARS) })}
          />
          <Textarea
            label="What it says instead"
            description="To somebody who asks about a topic above. Empty: a text of ours, in the customer’s language"
            autosize
            minRows={2}
            maxRows={8}
            maxLength={FALLBACK_MAX_CHARS}
            value={value.fallback_message}
            error={fieldError(assistant.error, "fallback_message")}
            onChange={(event) => assistant.change({ fallback_message: event.currentTarget.value })}
          />
        </Stack>
      </Section>
      <Section title="Promises and links">
        <Stack maw={640}>
          <Switch
            label="Promise only what a source says"
            description="Refunds, compensation, discounts, replacements and dates; without a source a person is offered instead"
            checked={value.no_promises}
            onChange={(event) => assistant.change({ no_promises: event.currentTarget.checked })}
          />
          <TagsInput
            label="It may link to"
            description="Hosts such as shop.example.com, and those below them. Links of its sources are always kept; other links lose their address"
            maxTags={HOSTS_MAX}
            acceptValueOnBlur
            value={value.link_hosts}
            error={fieldError(assistant.error, "link_hosts")}
            onChange={(hosts) => assistant.change({ link_hosts: hosts.map(hostOf).filter(Boolean) })}
          />
        </Stack>
      </Section>
    </Stack>
  );
}
