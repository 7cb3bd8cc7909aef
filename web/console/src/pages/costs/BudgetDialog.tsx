import { Modal, NumberInput, Switch, TagsInput, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Budget } from "../../api/assistant";
import { ApiError } from "../../api/client";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useBudgetChange, useBudgetNow } from "./queries";
import { thresholdProblem, thresholdsOf } from "./thresholds";

const THRESHOLDS_MAX = 10;

export function BudgetDialog(props: { budget: Budget; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Monthly budget">
      <BudgetForm budget={props.budget} done={props.onClose} />
    </Modal>
  );
}

function BudgetForm(props: { budget: Budget; done: () => void }) {
  const { budget } = props;
  // What it was when somebody began: another's change meanwhile is not written over unseen.
  const [seen, setSeen] = useState(budget);
  const [limited, setLimited] = useState(true);
  const [monthly, setMonthly] = useState<number | string>(budget.monthly ?? "");
  const [warnAt, setWarnAt] = useState(budget.warn_at.map(String));
  const change = useBudgetChange();
  const budgetNow = useBudgetNow();
  const missing = limited && !(typeof monthly === "number" && monthly > 0);
  // What is not on the screen keeps nobody from saving, and stays as it is stored.
  const wrong = limited ? thresholdProblem(warnAt) : null;
  const saving = useSave({
    problems: { monthly: missing ? "Enter an amount above 0." : null, warn_at: wrong },
    save: async () => {
      const wanted = limited
        ? { monthly: Number(monthly), warn_at: thresholdsOf(warnAt) }
        : { monthly: null };
      try {
        await change({ ...wanted, was: { monthly: seen.monthly, warn_at: seen.warn_at } });
      } catch (error) {
        // Whoever saves once more has been told, and does it knowingly.
        if (error instanceof ApiError && error.code === "conflict") setSeen(await budgetNow());
        throw error;
      }
      notifications.show({ message: "The budget counts from now on." });
    },
    done: props.done,
  });

  return (
    <SaveForm saving={saving} fields={["monthly", "warn_at"]} cancel={props.done}>
      <Switch
        label="Stop asking models at a limit"
        checked={limited}
        onChange={(event) => setLimited(event.currentTarget.checked)}
      />
      {limited && (
        <>
          <NumberInput
            label={`May be spent in a month, in ${budget.currency}`}
            required
            data-autofocus
            min={0}
            decimalScale={2}
            thousandSeparator=","
            value={monthly}
            error={saving.problem("monthly")}
            onChange={setMonthly}
          />
          <TagsInput
            label="Warn at"
            description="Percent of it, 1 to 100. Type one and press Enter"
            maxTags={THRESHOLDS_MAX}
            acceptValueOnBlur
            value={warnAt}
            error={wrong ?? saving.problem("warn_at")}
            onChange={setWarnAt}
          />
        </>
      )}
      <Text size="sm" c="dimmed">
        {limited
          ? "At the limit the builtin assistant answers until the month ends."
          : "Models are asked without a limit, and nobody is warned."}
      </Text>
    </SaveForm>
  );
}
