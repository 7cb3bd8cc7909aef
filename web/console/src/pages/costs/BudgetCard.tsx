import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import type { Budget } from "../../api/assistant";
import { MeterBar } from "../../components/Meter";
import { Section } from "../../components/Section";
import { ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { Warning } from "../../components/Warning";
import { BudgetDialog } from "./BudgetDialog";
import classes from "./Costs.module.css";
import { forecast, formatMoney, formatMonth } from "./money";
import { useBudget } from "./queries";

const NEAR_PERCENT = 80;
const BAR_HEIGHT_PX = 14;

/** This month against what may be spent in it. */
export function BudgetCard(props: { today: string }) {
  const budget = useBudget();
  const [editing, setEditing] = useState(false);
  return (
    <Section
      title="This month"
      hint={budget.data && formatMonth(budget.data.month)}
      actions={
        budget.data && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPencil size={14} />}
            onClick={() => setEditing(true)}
          >
            {budget.data.monthly === null ? "Set a budget" : "Change the budget"}
          </Button>
        )
      }
    >
      {budget.isPending && <LoadingRows rows={2} label="Loading the budget" />}
      {budget.isError && !budget.data && <ErrorState error={budget.error} retry={() => budget.refetch()} />}
      {budget.data && (
        <>
          <Standing budget={budget.data} today={props.today} />
          <BudgetDialog budget={budget.data} opened={editing} onClose={() => setEditing(false)} />
        </>
      )}
    </Section>
  );
}

function Standing(props: { budget: Budget; today: string }) {
  const { budget } = props;
  const money = (amount: number) => formatMoney(amount, budget.currency);
  const percent = budget.percent_used;
  const end = forecast(budget.spent, budget.month, props.today);
  return (
    <>
      <Group gap="xs" align="baseline">
        <span className={classes.spent}>{money(budget.spent)}</span>
        <Text c="dimmed">
          {budget.monthly === null
            ? "spent; there is no limit"
            : `of ${money(budget.monthly)} spent, ${percent?.toLocaleString() ?? 0} %`}
        </Text>
      </Group>
      {percent !== null && budget.monthly !== null && <Bar budget={budget} percent={percent} />}
      <div className={classes.figures}>
        {budget.monthly !== null && (
          <Text size="sm">
            {budget.spent < budget.monthly
              ? `${money(budget.monthly - budget.spent)} left`
              : "Nothing is left"}
          </Text>
        )}
        {budget.reserved > 0 && <Text size="sm">{money(budget.reserved)} held for answers under way</Text>}
        {end !== null && budget.spent > 0 && (
          <Text size="sm">At this rate {money(end)} by the end of the month</Text>
        )}
      </div>
      <Notices budget={budget} />
    </>
  );
}

function Bar(props: { budget: Budget; percent: number }) {
  const { budget, percent } = props;
  const full = budget.state === "spent";
  return (
    <>
      <div className={classes.bar}>
        <MeterBar
          label="Of this month’s budget is spent"
          value={Math.min(100, percent)}
          limit={100}
          state={full ? "full" : percent >= NEAR_PERCENT ? "near" : undefined}
          height={BAR_HEIGHT_PX}
          marks={budget.warn_at.filter((mark) => mark < 100)}
        />
      </div>
      {budget.warn_at.length > 0 && (
        <Text size="xs" c="dimmed">
          You are warned at {new Intl.ListFormat("en").format(budget.warn_at.map((mark) => `${mark} %`))}
        </Text>
      )}
    </>
  );
}

function Notices(props: { budget: Budget }) {
  const { budget } = props;
  const last = budget.warnings.at(-1);
  if (budget.state === "spent") {
    return (
      <Alert
        mt="md"
        color="red"
        variant="light"
        icon={<IconAlertTriangle size={18} />}
        title="The budget of this month is used up"
        role="alert"
      >
        No model is asked until next month, or until there is more. Customers are still answered: by the
        builtin assistant, from your knowledge and questions, and by your people.
      </Alert>
    );
  }
  return (
    <>
      {last && (
        <div style={{ marginTop: "var(--mantine-spacing-md)" }}>
          <Warning title={`${last.percent} % of the budget was reached`}>
            <Text size="sm">
              {budget.warnings
                .map((warning) => `${warning.percent} % on ${dateAndTime(warning.at)}`)
                .join(", ")}
            </Text>
          </Warning>
        </div>
      )}
      <Text size="sm" c="dimmed" mt="sm" maw={680}>
        {budget.monthly === null
          ? "With a budget you are warned before it is used up. Then the builtin assistant answers, without a model and without costs, so customers are never left without an answer."
          : "When it is used up, the builtin assistant answers from your knowledge until the month ends: without a model and without costs. Customers are never left without an answer."}
      </Text>
    </>
  );
}
