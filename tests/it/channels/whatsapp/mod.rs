//! Payloads of `WhatsApp`, as Meta documents them and as they come, and the requests that go back.

mod incoming;
mod outgoing;
