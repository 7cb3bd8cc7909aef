// Webhooks: services of the organization that hear of what happens in conversations, and how their deliveries stand. Each has a
// page of its own. For administrators.
import { useParams } from "wouter";
import { useIsAdmin } from "../../api/session";
import { PageHeader } from "../../components/PageHeader";
import { AdminsOnly } from "../../components/states";
import { WebhookList } from "./WebhookList";
import { WebhookPage } from "./WebhookPage";

export default function WebhooksPage() {
  const admin = useIsAdmin();
  const { webhook } = useParams<{ webhook?: string }>();
  if (admin && webhook) {
    const id = decodeURIComponent(webhook);
    return (
      <div className="page">
        <WebhookPage key={id} id={id} />
      </div>
    );
  }
  return (
    <div className="page">
      <PageHeader title="Webhooks" subtitle="Services of yours that hear of what happens in conversations" />
      {admin ? <WebhookList /> : <AdminsOnly what="Only administrators see where events are sent." />}
    </div>
  );
}
