import { Alert, Button, Group, Modal, NumberInput, Stack, Switch, TagsInput, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Budget } from "../../api/assistant";
import { ApiError } from "../../api/client";
import { fieldError, formError } from "../../components/fieldErrors";
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
  const [tried, setTried] = useState(false);
  const change = useBudgetChange();
  const budgetNow = useBudgetNow();
  const save = useMutation({
    mutationFn: () =>
      change({
        monthly: limited ? Number(monthly) : null,
        warn_at: thresholdsOf(warnAt),
        was: { monthly: seen.monthly, warn_at: seen.warn_at },
      }),
    onSuccess: () => {
      notifications.show({ message: "The budget counts from now on." });
      props.done();
    },
    onError: async (error) => {
      // Whoever saves once more has been told, and does it knowingly.
      if (error instanceof ApiError && error.code === "conflict") setSeen(await budgetNow());
    },
  });
  const missing = limited && !(typeof monthly === "number" && monthly > 0);
  const wrong = thresholdProblem(warnAt);
  const above = save.error ? formError(save.error, ["monthly", "warn_at"]) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!missing && !wrong) save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
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
              error={
                (tried && missing ? "Enter an amount above 0." : null) ?? fieldError(save.error, "monthly")
              }
              onChange={setMonthly}
            />
            <TagsInput
              label="Warn at"
              description="Percent of it, 1 to 100. Type one and press Enter"
              maxTags={THRESHOLDS_MAX}
              acceptValueOnBlur
              value={warnAt}
              error={wrong ?? fieldError(save.error, "warn_at")}
              onChange={setWarnAt}
            />
          </>
        )}
        <Text size="sm" c="dimmed">
          {limited
            ? "At the limit the builtin assistant answers until the month ends."
            : "Models are asked without a limit, and nobody is warned."}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.done}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
