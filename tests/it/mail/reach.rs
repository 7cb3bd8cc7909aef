//! Mail servers that are found by nobody: mail waits at both ends, the console says why, and each goes once when they are found.

use std::collections::HashSet;

use serde_json::json;

use super::{header, mail, set_up, until_way};
use crate::support::app::TestApp;
use crate::support::double::out_of_reach;
use crate::support::dovecot::SUPPORT;
use crate::support::imap::{Fault, ImapPeer};
use crate::support::rest::{Parrot, post, send};
use crate::support::said::words_of;
use crate::support::smtp::SmtpPeer;

const UNKNOWN: &str = "no connection: the server's name can not be looked up";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_name_is_not_known_costs_no_mail_on_either_way() {
    let hello = mail("jo@example.test", "1@reach.test", "Hello", "", "mail 1");
    let (imap, smtp) = (ImapPeer::start(vec![(Fault::None, hello)], false).await, SmtpPeer::start().await);
    let nowhere = |url: &str| out_of_reach(url)[1].clone();
    let set_up_there = |config: &mut _| set_up(config, &nowhere(&imap.url()), &nowhere(&smtp.url()));
    let app = TestApp::start_in_world(set_up_there, Parrot::world(None)).await;
    let body = json!({ "to": "kim@example.test", "subject": "Your order", "text": "It is on its way" });
    assert_eq!(send(post(&app, "/api/channels/email/send").json(&body)).await.status, 200);
    until_way(&app, SUPPORT, "in", "failing", UNKNOWN).await;
    until_way(&app, SUPPORT, "out", "failing", UNKNOWN).await;
    let mend = |config: &mut _| set_up(config, &imap.url(), &smtp.url());
    let app = app.restart_in_world(mend, Parrot::world(None)).await;
    let taken = smtp.until_taken(2).await;
    until_way(&app, SUPPORT, "in", "working", "").await;
    until_way(&app, SUPPORT, "out", "working", "").await;
    assert_eq!(words_of(&app, "jo@example.test"), ["mail 1"]);
    let to: HashSet<String> = taken.iter().map(|mail| header(mail, "To")).collect();
    assert_eq!((to.len(), smtp.taken().len()), (2, 2), "one to each: {to:?}");
    app.stop().await;
}
