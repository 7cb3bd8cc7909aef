//! The order of judgements. The corpus has whole mails; here is what they do not show.

use super::*;
use crate::channels::email::Limits;

fn assess_text(raw: &str) -> Assessment {
    let ours = Ours { addresses: vec![Email::parse("support@shop.example.test").unwrap()], marker: "m1".to_owned() };
    assess(&Incoming::parse(raw.as_bytes(), &Limits::default()).unwrap(), &ours)
}

#[test]
fn a_report_about_our_own_mail_is_a_report_and_not_a_loop() {
    let raw = "From: MAILER-DAEMON@x.test\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
               --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@x.test\nAction: failed\n\
               Status: 4.2.2\n--b\nContent-Type: message/rfc822\n\nX-Switchboard-Id: m1\nMessage-ID: <o@shop.example.test>\n\nx\n--b--\n";
    let Nature::DeliveryReport(report) = assess_text(raw).nature else { panic!("no report") };
    assert_eq!(report.original.unwrap().as_str(), "o@shop.example.test");
    assert_eq!(
        (report.deliveries[0].class, report.deliveries[0].action),
        (StatusClass::Transient, DeliveryAction::Failed)
    );
}

#[test]
fn what_a_contact_form_sends_from_our_address_is_its_writers_and_is_not_answered() {
    let form = "From: support@shop.example.test\nTo: support@shop.example.test\nReply-To: jo@x.test\n";
    let written = assess_text(&format!("{form}\nhello"));
    assert_eq!((&written.nature, &written.signs), (&Nature::Person, &vec![Sign::OurAddress]));
    assert!(!written.may_be_answered());
    assert_eq!(assess_text(&format!("{form}X-Switchboard-Id: m1\n\nhello")).nature, Nature::OwnLoop);
    let own = form.replace("jo@x.test", "support+4@shop.example.test");
    assert_eq!(assess_text(&format!("{own}\nhello")).nature, Nature::OwnLoop);
}

#[test]
fn the_marker_of_another_installation_is_not_ours() {
    let raw = "From: a@x.test\nTo: support@shop.example.test\nX-Switchboard-Id: other\n\nhello";
    assert_eq!(assess_text(raw).nature, Nature::Person);
}

#[test]
fn a_report_with_countless_groups_is_cut() {
    let groups = "\nFinal-Recipient: rfc822;a@x.test\nAction: failed\n".repeat(5000);
    let raw = format!(
        "From: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n{groups}"
    );
    let Nature::DeliveryReport(report) = assess_text(&raw).nature else { panic!("no report") };
    assert_eq!(report.deliveries.len(), 100);
}
