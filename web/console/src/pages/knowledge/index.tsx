// Knowledge has no editor yet: the page says so, and says where the answers come from meanwhile.
import { Code, List, Text } from "@mantine/core";
import { IconBook2 } from "@tabler/icons-react";
import { PageHeader } from "../../components/PageHeader";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";

export default function KnowledgePage() {
  return (
    <div className="page">
      <PageHeader title="Knowledge" subtitle="What the assistant may answer from" />
      <Section title="Articles and documents" flush>
        <EmptyState title="Not part of this version yet" icon={<IconBook2 size={22} stroke={1.6} />}>
          Articles, uploaded documents and frequent questions will be edited here. Nothing that you could type
          here today would be used, so there is nothing to fill in.
        </EmptyState>
        <div style={{ padding: "0 1.5rem 1.5rem", maxWidth: "44rem", margin: "0 auto" }}>
          <Text size="sm" fw={500} mb={4}>
            Until then the assistant answers from
          </Text>
          <List size="sm" spacing={4}>
            <List.Item>
              the topics of <Code>knowledge.toml</Code> beside the server, read when it starts;
            </List.Item>
            <List.Item>knowledge sources that were sent to the REST API;</List.Item>
            <List.Item>and hands over to a person where it does not know.</List.Item>
          </List>
        </div>
      </Section>
    </div>
  );
}
