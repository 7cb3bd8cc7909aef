// A customer's mail program and the console, with real mail servers between them: the assistant answers, a person takes over, and
// the customer reads the reply where they wrote.
import { Agent } from "./agent";
import { Office } from "./people";
import { header, MailProgram } from "./program";
import { expect, test } from "./setup";
import { SHOP } from "./shop";

const IMAP = process.env.SWITCHBOARD_TEST_IMAP_URL ?? "";
const SMTP = process.env.SWITCHBOARD_TEST_SMTP_URL ?? "";

test.skip(!IMAP || !SMTP, "`make test` starts the mail servers");
test.use({
  settings: {
    ...SHOP,
    SWITCHBOARD_EMAIL__IMAP_URL: IMAP,
    SWITCHBOARD_EMAIL__SMTP_URL: SMTP,
    SWITCHBOARD_EMAIL__FROM: "Support <support@example.test>",
  },
});

test("a mail is answered by the assistant, then by a person, in one thread", async ({ server, open }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const jo = new MailProgram("jo@example.test", IMAP, SMTP);
  const before = (await jo.reads()).length;
  const inbox = async () => (await jo.reads()).slice(before);
  const arrives = (count: number) =>
    expect.poll(async () => (await inbox()).length, { timeout: 60_000 }).toBe(count);

  const subject = "A question";
  const first = await jo.sends({ to: "support@example.test", subject, text: "What is your return policy?" });
  await arrives(1);
  const answer = (await inbox())[0] ?? "";
  expect(answer).toContain("30 days");
  expect(header(answer, "In-Reply-To")).toBe(first);
  expect(header(answer, "Subject")).toBe("Re: A question");
  expect(header(answer, "Auto-Submitted")).toBe("auto-replied");

  const asks = "I would like to talk to a person, please.";
  const quote =
    "On Mon, 23 Nov 2026 at 10:00, Support <support@example.test> wrote:\r\n> Items may be returned";
  const second = await jo.sends({
    to: header(answer, "Reply-To"),
    subject: "Re: A question",
    text: `${asks}\r\n\r\n${quote}`,
    inReplyTo: header(answer, "Message-ID"),
  });
  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await agent.reads("What is your return policy?");
  await agent.reads(asks);
  await expect(agent.panel).toContainText("jo@example.test");
  const told = (await inbox()).length;
  await agent.writes("Jane here: send it to our shop in Bremen.");

  await expect
    .poll(async () => (await inbox()).some((mail) => mail.includes("Jane here")), { timeout: 60_000 })
    .toBe(true);
  const reply = (await inbox()).find((mail) => mail.includes("Jane here")) ?? "";
  expect(header(reply, "In-Reply-To")).toBe(second);
  expect(header(reply, "References")).toContain(header(answer, "Message-ID"));
  expect(header(reply, "Auto-Submitted")).toBe("");
  expect((await inbox()).length).toBe(told + 1);
});
