// `/widget-mail.js`: "Get replies by e-mail" in the widget. Loaded by it where the organization sends mails, so that others do not carry it.

import type { MailBridge } from "../view/element";
import { MailView } from "./view";

type Chat = HTMLElement & { mail?: MailBridge };

const chat = document.querySelector<Chat>("switchboard-chat");
const tools = chat?.shadowRoot?.querySelector(".tools");
if (chat?.mail && chat.shadowRoot && tools) {
  const view = new MailView(chat.mail);
  view.dress(chat.shadowRoot);
  tools.after(view.element);
}
