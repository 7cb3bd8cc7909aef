import {
  IconBrandWhatsapp,
  IconDeviceMobileMessage,
  IconMail,
  IconMessageCircle,
  IconWebhook,
} from "@tabler/icons-react";

const ICONS: Record<string, typeof IconMail> = {
  whatsapp: IconBrandWhatsapp,
  email: IconMail,
  sms: IconDeviceMobileMessage,
  webhook: IconWebhook,
};

export function ChannelIcon(props: { channel: string; size?: number }) {
  const Icon = ICONS[props.channel] ?? IconMessageCircle;
  return (
    <Icon
      size={props.size ?? 14}
      stroke={1.7}
      role="img"
      aria-label={props.channel}
      style={{ flex: "none" }}
    />
  );
}
