//! What is found, and what is not.

use super::*;

fn found_by(scanner: &Scanner, text: &str) -> Vec<String> {
    scanner
        .find(text)
        .iter()
        .map(|span| format!("{}:{}", scanner.name(span.kind), &text[span.start..span.end]))
        .collect()
}

fn found(text: &str) -> Vec<String> {
    found_by(&Scanner::new(&AssistantSettings::default()), text)
}

/// A scanner of one kind: some countries' numbers have the same shape, and a check digit in common.
fn only(name: &str) -> Scanner {
    let pii = PiiKind::ALL.into_iter().filter(|kind| kind.as_str() == name).collect();
    Scanner::new(&AssistantSettings { pii, ..AssistantSettings::default() })
}

#[test]
fn addresses_are_found_in_all_their_surroundings() {
    for (text, address) in [
        ("I am jo.doe+1@mail.example.com.", "jo.doe+1@mail.example.com"),
        ("<jo@x.io>", "jo@x.io"),
        ("mailto:jo_doe@x-y.co.uk?", "jo_doe@x-y.co.uk"),
        ("write,jörg@bücher.example!", "jörg@bücher.example"),
        ("jo＠example.com", "jo＠example.com"),
        ("jo@x.io４１１１", "jo@x.io４１１１"),
        ("jo@ex\u{200b}ample.com", "jo@ex\u{200b}ample.com"),
        ("4111111111111111@x.com", "4111111111111111@x.com"),
    ] {
        assert_eq!(found(text), [format!("email:{address}")], "{text}");
    }
    for text in ["@jo", "jo@", "a @ b", "2@3", "jo@x", "@@@@", "follow @jo.doe", "meet @ 5.30"] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn cards_are_found_however_they_are_parted() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 - 1111 - 1111 - 1111",
        "41111111 11111111",
        "3782 822463 10005",
        "3056 930902 5904",
        "4917 6100 0000 0000 003",
        "４１１１ １１１１ １１１１ １１１１",
        "4111\u{a0}1111\u{2011}1111\u{2009}1111",
        "41\u{200b}11 1111 1111 1111",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    ] {
        assert_eq!(found(&format!("card {card}, please")), [format!("card:{card}")], "{card}");
    }
    assert_eq!(
        found("4111 1111 1111 1111 12/27 123 order 4711"),
        ["card:4111 1111 1111 1111"],
        "what is beside it stays"
    );
    assert_eq!(found("5555555555554444 4111111111111111").len(), 2);
    assert_eq!(found("order 4111111111111111"), ["card:4111111111111111"], "whatever it is called");
}

#[test]
fn accounts_and_ids_are_found() {
    for (kind, text) in [
        ("iban", "GB82 WEST 1234 5698 7654 32"),
        ("iban", "DE89370400440532013000"),
        ("iban", "de89 3704 0044 0532 0130 00"),
        ("iban", "FR14 2004 1010 0505 0001 3M02 606"),
        ("us_ssn", "078-05-1120"),
        ("uk_nino", "AB 12 34 56 C"),
        ("uk_nino", "AB123456C"),
        ("fr_nir", "2 55 08 14 168 025 38"),
        ("it_codice_fiscale", "RSSMRA85T10A562S"),
        ("ch_ahv", "756.9217.0769.85"),
    ] {
        assert_eq!(found(&format!("It is {text}.")), [format!("{kind}:{text}")], "{text}");
    }
    for (kind, text) in [
        ("de_steuer_id", "86 095 742 719"),
        ("es_dni", "12345678Z"),
        ("es_dni", "X-1234567-L"),
        ("nl_bsn", "111222333"),
        ("pl_pesel", "44051401359"),
        ("be_nrn", "85.07.30-033.28"),
        ("br_cpf", "529.982.247-25"),
        ("ca_sin", "130 692 544"),
        ("au_tfn", "123 456 782"),
        ("in_aadhaar", "2341 2341 2346"),
    ] {
        assert_eq!(found_by(&only(kind), &format!("It is {text}.")), [format!("{kind}:{text}")], "{text}");
    }
}

#[test]
fn telephone_numbers_are_found_in_the_shapes_of_many_countries() {
    for phone in [
        "+1 555 010 9999",
        "+49 (0)30 123456",
        "+442079460958",
        "0049 30 1234567",
        "(555) 123-4567",
        "555-123-4567",
        "1-800-555-0199",
        "020 7946 0958",
        "030/1234567",
        "06 12 34 56 78",
        "0171 1234567",
        "01711234567",
        "612 345 678",
        "98765 43210",
    ] {
        let text = format!("reach me at {phone} today");
        let expected = format!("phone:{}", phone.trim_start_matches('('));
        assert_eq!(found(&text), [expected], "{phone}");
    }
    assert_eq!(found("030 1234567 0171 7654321").len(), 2);
    for text in ["call 5551234567", "my phone is 555 1234 567", "Handy: 17612345678", "tel. 22 33 44 55"] {
        assert_eq!(found(text).len(), 1, "{text}");
    }
}

#[test]
fn orders_days_prices_books_and_parcels_are_nobody() {
    for text in [
        "order 12345",
        "order #2024-000123",
        "#0612345678",
        "order number 0612345678",
        "ORD-2024-004711",
        "AB-99812",
        "order 5551234567",
        "5551234567",
        "112-7654321-1234567",
        "702-8399164-3813061",
        "on 2023-07-19 at 14:30:00",
        "19.07.2023 - 21.07.2023",
        "01/02/2023 09:30",
        "09.00-17.00",
        "from 01.02. to 05.03.2024",
        "1.234.567,89 EUR",
        "$1,299.00",
        "1 234 567 units",
        "ISBN 978-3-16-148410-0",
        "ISBN 0-306-40615-2",
        "0-306-40615-2",
        "9783161484100",
        "1Z999AA10123456784",
        "RM123456789GB",
        "RR 612 345 678 DE",
        "TBA123456789012",
        "JJD000390007827912345",
        "00340434161094042557",
        "9400 1000 0000 0000 0000 00",
        "0034 0434 1610 9404 2557",
        "0340 4341 6109 4042 5571 00",
        "tracking 420 90210 9405 5036 9930 0000 0000 00",
        "invoice 2024-11-00017",
        "version 10.15.7.1234",
        "IP 192.168.100.200",
        "the 2019, 2020 and 2021 models",
        "SKU 4006381333931",
        "IMEI 356938035643809",
        "3 for 2, 50 % off, size 42",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn an_id_is_found_however_far_its_digits_are_from_where_it_begins() {
    let iban = "MT84MALT011000012345MTLCAST001S";
    let apart = iban.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let wide: String =
        "GB82WEST12345698765432".chars().map(|c| if c.is_ascii_digit() { c } else { full_width(c) }).collect();
    for id in [iban, apart.as_str(), wide.as_str()] {
        let text = format!("{}my account is {id}", "There are words without any number before it, and ".repeat(9));
        assert_eq!(found(&text), [format!("iban:{id}")], "{text}");
    }
}

fn full_width(letter: char) -> char {
    char::from_u32(u32::from(letter) + 0xfee0).unwrap()
}

#[test]
fn an_organizations_own_shapes_are_found_and_joined_with_ours() {
    let pattern = |name: &str, pattern: &str| PiiPattern { name: name.to_owned(), pattern: pattern.to_owned() };
    let pii_patterns = vec![pattern("member", r"\bM-\d{4}\b"), pattern("four", r"\b\d{4}\b")];
    let scanner = Scanner::new(&AssistantSettings { pii_patterns, ..AssistantSettings::default() });
    assert_eq!(found_by(&scanner, "I am M-1234"), ["member:M-1234"]);
    assert_eq!(
        found_by(&scanner, "4111 1111 1111 1111"),
        ["four:4111 1111 1111 1111"],
        "no half of a card is left because something else took the other"
    );
}

#[test]
fn what_is_switched_off_is_not_found() {
    let scanner = Scanner::new(&AssistantSettings { pii: vec![PiiKind::Email], ..AssistantSettings::default() });
    assert_eq!(found_by(&scanner, "jo@x.io 4111111111111111"), ["email:jo@x.io"]);
    let off = Scanner::new(&AssistantSettings { pii: Vec::new(), ..AssistantSettings::default() });
    assert!(off.is_off() && off.find("jo@x.io").is_empty());
}

#[test]
fn a_scanner_that_is_kept_finds_the_same_each_time() {
    let kept = Scanner::new(&AssistantSettings::default()).remembering();
    let texts =
        ["", "Hello", "I am jo@x.io", "order 4711 of 2023-07-19, 12 pieces", "card 4111 1111 1111 1111", "Hello!"];
    for text in texts.into_iter().cycle().take(3 * texts.len()) {
        assert_eq!(found_by(&kept, text), found(text), "{text}");
    }
}
