import { Code, Text } from "@mantine/core";

/** Who needs a webhook's secret. */
export const KEEPER = "the service that receives the deliveries";

/** How a receiver knows that a delivery is ours. */
export function Signing() {
  return (
    <Text size="sm" c="dimmed" component="p" m={0}>
      Every delivery is signed with the webhook’s secret: <Code>webhook-signature</Code> as Standard Webhooks
      has it, and <Code>X-Webhook-Signature</Code>, an HMAC-SHA256 of the body.
    </Text>
  );
}
