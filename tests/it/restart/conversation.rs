//! The main job: a customer in a terminal, from the greeting to the queue.

use super::chat::Chat;
use crate::support::app::Process;

#[tokio::test]
async fn a_customer_in_a_terminal_is_served_from_the_greeting_to_the_queue() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(&data.path().join("db"), &[]).await;
    let mut chat = Chat::start(&server.address(), &[]);
    chat.types("hello").await;
    chat.reads("... is typing").await;
    chat.reads("assistant: Hello").await;
    chat.types("What is your return policy?").await;
    chat.reads("within 30 days").await;
    chat.types("Where is my order?").await;
    assert!(chat.reads("assistant: ").await.contains("order number?"));
    chat.types("12345").await;
    chat.reads("order #12345").await;
    chat.types("no").await;
    chat.reads("assistant: ").await;
    chat.types("Who is your CEO?").await;
    let unknown = chat.reads("assistant: ").await;
    assert!(unknown.contains("don't have an answer") && unknown.contains("human agent?"), "{unknown}");
    chat.types("/human").await;
    chat.reads("notice: Connecting you with a human agent").await;
    chat.reads("notice: You are in the queue").await;
    assert_eq!(chat.ends().await, Some(0));
}

#[tokio::test]
async fn a_burst_of_lines_into_a_pipe_is_acknowledged_in_order_before_the_client_ends() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(&data.path().join("db"), &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let resume = folder.path().join("resume").display().to_string();
    let mut chat = Chat::start(&server.address(), &["--resume-file", &resume]);
    for number in 0..40 {
        chat.types(&format!("line {number}")).await;
    }
    assert_eq!(chat.ends().await, Some(0));
    let mut again = Chat::start(&server.address(), &["--resume-file", &resume]);
    again.reads("you: line 39").await;
    let own: Vec<String> =
        again.seen().iter().filter_map(|line| line.strip_prefix("you: ")).map(str::to_owned).collect();
    let typed: Vec<String> = (0..40).map(|number| format!("line {number}")).collect();
    assert_eq!(own, typed);
    again.types("I am back").await;
    assert!(again.transcript().await.iter().any(|said| said.who == "you" && said.text == "I am back"));
    again.kill().await;
}

#[tokio::test]
async fn a_customer_with_a_token_is_let_in_and_a_bad_token_ends_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&data.path().join("db"), &[]).await;
    let mut stranger = Chat::start(&server.address(), &["--user", "bob", "--token", "made-up"]);
    assert_eq!(stranger.ends().await, Some(1));
    let refused = super::start::command(&data.path().join("db"), &["token", "--customer", "bob"]);
    assert_eq!((refused.code, refused.lines.len()), (Some(1), 1), "{refused:?}");
    assert!(refused.lines[0].contains("in use"), "{refused:?}");
    assert_eq!(server.terminate(), Some(0));
    let token = super::start::command(&data.path().join("db"), &["token", "--customer", "bob"]).stdout;
    server.start_again().await;
    let mut bob = Chat::start(&server.address(), &["--user", "bob", "--token", token.trim()]);
    bob.types("hello").await;
    bob.reads("assistant: ").await;
    assert_eq!(bob.ends().await, Some(0));
}
