//! `X-Twilio-Signature`: base64 of an HMAC-SHA-1 over the called address and the fields of the form.
//!
//! <https://www.twilio.com/docs/usage/webhooks/webhooks-security>, and Twilio's own validators for what it leaves open.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::channels::mac;
use crate::channels::sms::provider::ProviderCall;

/// The field of an address whose body is no form: the body's SHA-256.
const BODY_DIGEST: &str = "bodySHA256";

/// Whether the call is signed with one of the tokens. During a change of tokens there are two.
pub(super) fn is_authentic(tokens: &[SecretString], call: &ProviderCall) -> bool {
    let Some(given) = call.signature.as_deref().and_then(|text| STANDARD.decode(text.trim()).ok()) else {
        return false;
    };
    let digest = call.query.iter().find(|(name, _)| name == BODY_DIGEST).map(|(_, digest)| digest.as_str());
    if digest.is_some_and(|digest| !is_digest(digest, &call.body)) {
        return false;
    }
    let fields = if digest.is_some() { String::new() } else { signed_fields(&call.form) };
    let signed: Vec<String> = addresses(&call.url).into_iter().map(|address| address + &fields).collect();
    let fits =
        |token: &SecretString, text: &String| mac::sha1_fits(token.expose_secret().as_bytes(), text.as_bytes(), &given);
    tokens.iter().any(|token| signed.iter().any(|text| fits(token, text)))
}

fn is_digest(digest: &str, body: &[u8]) -> bool {
    let body = mac::digest_hex(body);
    digest.to_ascii_lowercase().as_bytes().ct_eq(body.as_bytes()).into()
}

/// Names in the order of their bytes, each with its different values in theirs; nothing between, nothing trimmed, nothing left
/// out.
fn signed_fields(form: &[(String, String)]) -> String {
    let mut fields: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in form {
        fields.entry(name).or_default().insert(value);
    }
    fields.iter().flat_map(|(name, values)| values.iter().map(move |value| [*name, *value].concat())).collect()
}

/// The address as it is, with the standard port, and without any: Twilio signs sometimes one, sometimes the other.
fn addresses(url: &str) -> Vec<String> {
    let mut addresses = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return addresses };
    let port = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return addresses,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit())) {
        Some((host, _)) => addresses.push(format!("{scheme}://{host}{path}")),
        None => addresses.push(format!("{scheme}://{authority}:{port}{path}")),
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::sms::provider::Method;

    const URL: &str = "https://hooks.example.test/sms/twilio?tenant=7";
    const FORM: &str =
        "MessageSid=SM00000000000000000000000000000001&From=%2B15550001111&To=%2B15550002222&Body=hi+there";
    const SIGNATURE: &str = "HhQxzMto5Gwzp79osFv9z+OKfyM=";

    fn holds(tokens: &[&str], url: &str, body: &str, signature: Option<&str>) -> bool {
        let tokens: Vec<SecretString> = tokens.iter().map(|token| (*token).into()).collect();
        is_authentic(&tokens, &ProviderCall::new(Method::Post, url, body.as_bytes(), signature))
    }

    fn sign(text: &str) -> String {
        use aws_lc_rs::hmac;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"twilio-token-1");
        STANDARD.encode(hmac::sign(&key, text.as_bytes()))
    }

    #[test]
    fn a_call_is_twilios_when_address_and_fields_are_signed() {
        assert!(holds(&["twilio-token-1"], URL, FORM, Some(SIGNATURE)));
        assert!(holds(&["twilio-token-2", "twilio-token-1"], URL, FORM, Some(SIGNATURE)), "while tokens change");
        for tokens in [&["twilio-token-2"][..], &[""][..], &[][..]] {
            assert!(!holds(tokens, URL, FORM, Some(SIGNATURE)), "{tokens:?}");
        }
        assert!(!holds(&["twilio-token-1"], &URL.replace('7', "8"), FORM, Some(SIGNATURE)));
        for body in [FORM.replace("there", "you"), format!("{FORM}&New=")] {
            assert!(!holds(&["twilio-token-1"], URL, &body, Some(SIGNATURE)), "{body}");
        }
        for signature in [None, Some(""), Some("no base64!")] {
            assert!(!holds(&["twilio-token-1"], URL, FORM, signature), "{signature:?}");
        }
    }

    #[test]
    fn the_order_of_the_fields_and_the_port_make_no_difference() {
        let turned =
            "Body=hi+there&To=%2B15550002222&From=%2B15550001111&MessageSid=SM00000000000000000000000000000001";
        assert!(holds(&["twilio-token-1"], URL, turned, Some(SIGNATURE)));
        let with_port = URL.replace(".test/", ".test:443/");
        assert!(holds(&["twilio-token-1"], &with_port, FORM, Some(SIGNATURE)));
        let signature = sign(&format!("{with_port}Bodyhi"));
        assert!(holds(&["twilio-token-1"], URL, "Body=hi", Some(&signature)));
    }

    #[test]
    fn repeated_names_empty_values_and_spaces_are_signed_as_they_are() {
        let signature = sign(&format!("{URL}A 1 A2Bb"));
        assert!(holds(&["twilio-token-1"], URL, "b=&B=b&A=2&A=+1+&A=2", Some(&sign(&format!("{URL}A 1 A2Bbb")))));
        assert!(holds(&["twilio-token-1"], URL, "B=b&A=2&A=+1+&A=2", Some(&signature)), "the same value counts once");
    }

    #[test]
    fn a_body_that_is_no_form_is_bound_by_its_digest() {
        let body = r#"{"a":1}"#;
        let url = format!("https://hooks.example.test/x?bodySHA256={}", mac::digest_hex(body.as_bytes()));
        let signature = sign(&url);
        assert!(holds(&["twilio-token-1"], &url, body, Some(&signature)));
        assert!(!holds(&["twilio-token-1"], &url, r#"{"a":2}"#, Some(&signature)));
    }
}
