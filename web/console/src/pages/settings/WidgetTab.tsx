import {
  Button,
  Code,
  ColorInput,
  CopyButton,
  Grid,
  Input,
  SegmentedControl,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useMe } from "../../api/session";
import type { WidgetSettings } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { colorProblem, domainProblem } from "./problems";
import type { Edited } from "./useSection";
import { WidgetPreview } from "./WidgetPreview";

const TITLE_MAX_CHARS = 60;
const GREETING_MAX_CHARS = 500;

/** How the widget looks, where it may be, and the tag that puts it into a page. */
export function WidgetTab(props: { widget: Edited<WidgetSettings> }) {
  const { widget } = props;
  const value = widget.value;
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack>
          <EmbedCard />
          <Section title="Where it may be">
            <TagsInput
              label="Pages that may show it"
              description="Origins, such as https://shop.example.com. Type one and press Enter"
              value={value.domains}
              error={domainProblem(value.domains) ?? fieldError(widget.error, "domains")}
              onChange={(domains) =>
                widget.change({ domains: domains.map((domain) => domain.trim().replace(/\/+$/, "")) })
              }
            />
            {value.domains.length === 0 && (
              <Text size="sm" c="dimmed" mt={6}>
                None yet: only pages of this server itself show the widget.
              </Text>
            )}
          </Section>
          <Section title="Look">
            <Stack gap="sm">
              <TextInput
                label="Title"
                maxLength={TITLE_MAX_CHARS}
                value={value.title}
                error={value.title.trim() ? fieldError(widget.error, "title") : "Enter a title."}
                onChange={(event) => widget.change({ title: event.currentTarget.value })}
              />
              <Textarea
                label="Greeting"
                autosize
                minRows={2}
                maxLength={GREETING_MAX_CHARS}
                value={value.greeting}
                error={fieldError(widget.error, "greeting")}
                onChange={(event) => widget.change({ greeting: event.currentTarget.value })}
              />
              <ColorInput
                label="Colour"
                maw={220}
                format="hex"
                withPicker={false}
                eyeDropperButtonProps={{ "aria-label": "Pick a colour from the screen" }}
                swatches={["#0b7080", "#1864ab", "#5f3dc4", "#a61e4d", "#c92a2a", "#2b8a3e", "#343a40"]}
                value={value.color}
                error={colorProblem(value.color) ?? fieldError(widget.error, "color")}
                onChange={(color) => widget.change({ color })}
              />
              <div>
                <Input.Label component="div" display="block" id="widget-position">
                  Corner
                </Input.Label>
                <SegmentedControl
                  aria-labelledby="widget-position"
                  value={value.position}
                  onChange={(position) => widget.change({ position: position === "left" ? "left" : "right" })}
                  data={[
                    { value: "left", label: "Left" },
                    { value: "right", label: "Right" },
                  ]}
                />
              </div>
            </Stack>
          </Section>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <WidgetPreview widget={value} />
      </Grid.Col>
    </Grid>
  );
}

function EmbedCard() {
  const { organization } = useMe();
  const tag = embedTag(window.location.origin, organization.id);
  return (
    <Section
      title="Put it into a page"
      hint="Before the closing body tag, on every page that shall have it"
      actions={
        <CopyButton value={tag}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              size="xs"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      }
    >
      <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {tag}
      </Code>
    </Section>
  );
}

function embedTag(origin: string, organization: string): string {
  return `<script src="${origin}/widget.js" data-organization="${organization}" async></script>`;
}
