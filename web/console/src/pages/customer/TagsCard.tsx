// Tags save as they are typed: each can be undone as easily as it was done, so they are shown before the server has them.
import { TagsInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Customer } from "../../api/types";
import { fieldError, formError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { customerKey, useChangeCustomer } from "./queries";

const TAGS_MAX = 20;

export function TagsCard(props: { customer: Customer }) {
  const { customer } = props;
  const client = useQueryClient();
  const change = useChangeCustomer(customer.id);
  const save = useMutation({
    mutationFn: (tags: string[]) => change({ tags }),
    onMutate: (tags) => client.setQueryData(customerKey(customer.id), { ...customer, tags }),
    onError: () => client.invalidateQueries({ queryKey: customerKey(customer.id) }),
  });
  return (
    <Section title="Tags">
      <TagsInput
        aria-label="Tags"
        placeholder={customer.tags.length === 0 ? "Type a tag and press Enter" : undefined}
        size="sm"
        value={customer.tags}
        maxTags={TAGS_MAX}
        clearable={false}
        disabled={customer.merged_into !== null}
        error={fieldError(save.error, "tags") ?? formError(save.error, ["tags"])}
        onChange={(tags) => save.mutate(tags.map((tag) => tag.trim()).filter(Boolean))}
      />
    </Section>
  );
}
