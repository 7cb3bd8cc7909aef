// Who is asked for which conversation, and how long.
import { NumberInput, Radio, SimpleGrid, Stack, Switch, TextInput } from "@mantine/core";
import type { DeskSettings } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { hookProblem } from "./problems";
import { RulesCard } from "./RulesCard";
import type { Edited } from "./useSection";

const policies: { value: DeskSettings["policy"]; label: string; description: string }[] = [
  { value: "least_loaded", label: "Least loaded", description: "Whoever has the most room is asked first" },
  { value: "round_robin", label: "In turn", description: "Each is asked in turn, however much they have" },
  {
    value: "manual",
    label: "By hand",
    description: "Nobody is asked; people take conversations from the queue",
  },
  { value: "hook", label: "A service of yours", description: "Your own service is asked who shall have it" },
];

const numbers = [
  {
    name: "offer_s",
    label: "Time to answer an offer",
    description: "Then the next person is asked",
    suffix: " s",
    min: 5,
    max: 600,
  },
  {
    name: "missed_offers_max",
    label: "Missed offers",
    description: "After so many in a row a person is set to away",
    suffix: "",
    min: 1,
    max: 100,
  },
  {
    name: "grace_s",
    label: "Grace after a lost connection",
    description: "Then their conversations are offered again",
    suffix: " s",
    min: 0,
    max: 3600,
  },
  {
    name: "capacity",
    label: "Capacity of a new person",
    description: "Conversations at the same time",
    suffix: "",
    min: 1,
    max: 100,
  },
] as const;

export function RoutingTab(props: { desk: Edited<DeskSettings> }) {
  const { desk } = props;
  const value = desk.value;
  return (
    <Stack>
      <Section title="Policy">
        <Radio.Group
          aria-label="Policy"
          value={value.policy}
          onChange={(policy) => desk.change({ policy: policy as DeskSettings["policy"] })}
          error={fieldError(desk.error, "policy")}
        >
          <Stack gap="sm">
            {policies.map((policy) => (
              <Radio key={policy.value} {...policy} />
            ))}
          </Stack>
        </Radio.Group>
        {value.policy === "hook" && (
          <TextInput
            label="Address of your service"
            type="url"
            mt="sm"
            ml={28}
            maw={440}
            placeholder="https://routing.example.com/choose"
            value={value.hook_url ?? ""}
            error={
              (value.hook_url !== null && hookProblem(value.hook_url)) || fieldError(desk.error, "hook_url")
            }
            onChange={(event) => desk.change({ hook_url: event.currentTarget.value })}
          />
        )}
        <Stack gap="sm" mt="lg">
          <Switch
            label="Customers go back to whom they know"
            description="Who served a customer last is asked first, when they are available"
            checked={value.sticky}
            onChange={(event) => desk.change({ sticky: event.currentTarget.checked })}
          />
          <Switch
            label="Accept at once"
            description="An offer is taken without a click"
            checked={value.auto_accept}
            onChange={(event) => desk.change({ auto_accept: event.currentTarget.checked })}
          />
        </Stack>
      </Section>
      <Section title="Offers and capacity">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {numbers.map((field) => (
            <NumberInput
              key={field.name}
              label={field.label}
              description={field.description}
              suffix={field.suffix}
              min={field.min}
              max={field.max}
              allowDecimal={false}
              value={value[field.name]}
              error={Number.isNaN(value[field.name]) ? "Enter a number." : fieldError(desk.error, field.name)}
              onChange={(number) =>
                desk.change({ [field.name]: typeof number === "number" ? number : Number.NaN })
              }
            />
          ))}
        </SimpleGrid>
      </Section>
      <RulesCard desk={desk} />
    </Stack>
  );
}
