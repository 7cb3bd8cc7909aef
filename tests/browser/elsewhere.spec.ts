// A customer who writes by another channel than the web: an organization's own, as with mail or WhatsApp.
import { createHmac, randomUUID } from "node:crypto";
import { Agent } from "./agent";
import { Office } from "./people";
import { Receiver } from "./receiver";
import { expect, test } from "./setup";
import { SHOP } from "./shop";

test.use({ settings: { ...SHOP, SWITCHBOARD_WEBHOOKS__PRIVATE_ADDRESSES: "true" } });

interface Channel {
  inbound_path: string;
  secret: string;
}

/** Brings a message in, signed as Standard Webhooks 1.0 has it. */
async function brings(url: string, channel: Channel, text: string): Promise<void> {
  const body = JSON.stringify({ customer: "shop-77", name: "Ann", text });
  const [id, at] = [randomUUID(), String(Math.floor(Date.now() / 1000))];
  const key = Buffer.from(channel.secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": at,
    "webhook-signature": `v1,${signature}`,
  };
  const answer = await fetch(`${url}${channel.inbound_path}`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

test("an agent answers somebody who writes by another channel, and sees how far each answer came", async ({
  server,
  open,
}) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const receiver = await Receiver.start();
  const made = { name: "Orders", reply_url: receiver.url };
  const channel = await office.call<Channel>("POST", "/api/console/channels/webhook", made);
  await brings(server.url, channel, "I would like to talk to a person.");

  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  const answers = ["This is Jane.", "Your parcel is on its way.", "It comes tomorrow."];
  for (const [index, text] of answers.entries()) {
    await agent.writes(text);
    await expect(agent.conversation.getByText("Sent", { exact: true })).not.toHaveCount(index);
    await brings(server.url, channel, `Thank you, ${index}`);
    await agent.reads(`Thank you, ${index}`);
  }
  await expect(agent.field).toBeVisible();
  const texts = receiver.received.map(({ body }) => JSON.parse(body).data.text);
  expect(texts.filter((text) => answers.includes(text))).toEqual(answers);
});
