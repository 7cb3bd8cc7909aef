//! Check digits and the other rules by which numbers of a kind are told from any other numbers.

/// Doubles each second digit from the right (ISO/IEC 7812-1): cards, and numbers of Canada.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| u32::from(if n % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}

/// A payment card: as long as its issuer makes them, and the check digit holds.
pub(super) fn card(digits: &[u8]) -> bool {
    issued(digits) && luhn(digits)
}

fn issued(digits: &[u8]) -> bool {
    let first = |count: usize| leading(digits, count);
    let maestro = matches!(first(2), 50 | 56..=58 | 60..=69);
    match digits.len() {
        13 => first(1) == 4 || maestro,
        14 => matches!(first(2), 36 | 38 | 39) || matches!(first(3), 300..=305) || maestro,
        15 => matches!(first(2), 34 | 37) || matches!(first(4), 1800 | 2131) || maestro,
        16 => {
            matches!(first(1), 4)
                || matches!(first(2), 35 | 36 | 38 | 39 | 51..=55 | 81 | 82)
                || matches!(first(4), 2200..=2204 | 2221..=2720 | 9792)
                || maestro
        }
        17 | 18 => maestro,
        19 => first(1) == 4 || first(2) == 35 || maestro,
        _ => false,
    }
}

fn leading(digits: &[u8], count: usize) -> u32 {
    digits.iter().take(count).fold(0, |number, digit| number * 10 + u32::from(*digit))
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn all_the_same(digits: &[u8]) -> bool {
    digits.iter().all(|digit| digits.first() == Some(digit))
}

/// An account whose characters, four of them moved to the end and letters as numbers, leave 1 by 97 (ISO 7064).
pub(super) fn mod_97(account: &[u8]) -> bool {
    let moved = account.iter().skip(4).chain(account.iter().take(4));
    let rest = moved.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// How many characters an account of a country has; 0 where there are none.
pub(super) const fn iban_length(country: [u8; 2]) -> usize {
    match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FO" | b"GL" | b"NL" | b"SD" | b"FK" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"XK" | b"MN" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"TL" | b"OM" | b"SO" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HU" | b"LB" | b"NI" | b"PL" | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => 0,
    }
}

/// Area, group and serial that are given out.
pub(super) fn us_ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (leading(digits, 3), number(&digits[3..5]), number(&digits[5..]));
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
}

/// ISO 7064 mod 11,10 and, of the first ten digits, exactly one that is there two or three times.
pub(super) fn de_steuer_id(digits: &[u8]) -> bool {
    let (Some((check, body)), true) = (digits.split_last(), digits.first() != Some(&0)) else { return false };
    let count = |wanted: u8| body.iter().filter(|digit| **digit == wanted).count();
    let repeated: Vec<usize> = (0..10).map(count).filter(|count| *count > 1).collect();
    let product = body.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    matches!(repeated[..], [2 | 3]) && (11 - product) % 10 == u32::from(*check)
}

/// Weights of 9 down to 2, and the last digit against them.
pub(super) fn nl_bsn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum > 0 && sum % 11 == u32::from(digits[8])
}

/// A day of birth, and the last digit by weights.
pub(super) fn pl_pesel(digits: &[u8]) -> bool {
    let (month, day) = (number(&digits[2..4]) % 20, number(&digits[4..6]));
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    (1..=12).contains(&month) && (1..=31).contains(&day) && (10 - sum % 10) % 10 == u32::from(digits[10])
}

/// A day of birth, and what is left of 97; a 2 goes before who was born from 2000 on.
pub(super) fn be_nrn(digits: &[u8]) -> bool {
    let (month, day) = (number(&digits[2..4]) % 20, number(&digits[4..6]));
    let (body, key) = (number(&digits[..9]), number(&digits[9..]));
    let holds = |body: u64| 97 - body % 97 == key;
    month <= 12 && day <= 31 && (holds(body) || holds(2_000_000_000 + body))
}

/// The country's number of EAN, and EAN's check digit.
pub(super) fn ch_ahv(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
    leading(digits, 3) == 756 && (10 - sum % 10) % 10 == u32::from(digits[12])
}

/// Two check digits by 11.
pub(super) fn br_cpf(digits: &[u8]) -> bool {
    let check = |count: usize| {
        let weights: Vec<u32> = (2..12).rev().skip(10 - count).collect();
        let rest = weighted(&digits[..count], &weights) * 10 % 11 % 10;
        rest == u32::from(digits[count])
    };
    !all_the_same(digits) && check(9) && check(10)
}

/// Luhn; numbers with 0 and 8 in front are not given out to people.
pub(super) fn ca_sin(digits: &[u8]) -> bool {
    !matches!(digits[0], 0 | 8) && luhn(digits)
}

/// Weights by 11.
pub(super) fn au_tfn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]);
    sum > 0 && sum.is_multiple_of(11)
}

/// Verhoeff's check digit; no number begins with 0 or 1.
pub(super) fn in_aadhaar(digits: &[u8]) -> bool {
    /// How a digit moves at each place.
    const MOVED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let moved = |place: usize, digit: u8| (0..place % 8).fold(digit, |digit, _| MOVED[usize::from(digit)]);
    let rest = digits.iter().rev().enumerate().fold(0, |rest, (place, digit)| dihedral(rest, moved(place, *digit)));
    digits[0] > 1 && rest == 0
}

/// The product in the symmetries of a pentagon.
const fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Prefixes that are given out, and a suffix of A to D.
pub(super) fn uk_nino(text: &[u8]) -> bool {
    /// Prefixes that are kept back.
    const KEPT: [&[u8; 2]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    let [first, second, digits @ .., last] = text else { return false };
    let given = !b"DFIQUV".contains(first) && !b"DFIOQUV".contains(second);
    let letters = first.is_ascii_uppercase() && second.is_ascii_uppercase() && (b'A'..=b'D').contains(last);
    letters && given && !KEPT.contains(&&[*first, *second]) && digits.iter().all(u8::is_ascii_digit)
}

/// The letter that 23 leaves; X, Y, Z stand for 0, 1, 2 in front of a foreigner's.
pub(super) fn es_dni(text: &[u8]) -> bool {
    /// The letter of each rest.
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some((letter, body)) = text.split_last() else { return false };
    let value = body.iter().enumerate().try_fold(0_usize, |value, (place, byte)| match byte {
        b'0'..=b'9' => Some(value * 10 + usize::from(byte - b'0')),
        b'X'..=b'Z' if place == 0 => Some(usize::from(byte - b'X')),
        _ => None,
    });
    value.is_some_and(|value| LETTERS[value % 23] == *letter)
}

/// Sex, year, month and department that there are, and the key by 97; 2A and 2B are Corsica.
pub(super) fn fr_nir(text: &[u8]) -> bool {
    let mut digits = [0_u8; 15];
    let corsica = match text.get(5..7) {
        Some(b"2A") => 1_000_000,
        Some(b"2B") => 2_000_000,
        _ => 0,
    };
    for (place, byte) in text.iter().enumerate() {
        digits[place] = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A' | b'B' if place == 6 && corsica > 0 => 0,
            _ => return false,
        };
    }
    let (body, key) = (number(&digits[..13]).saturating_sub(corsica), number(&digits[13..]));
    matches!(digits[0], 1..=4 | 7 | 8) && number(&digits[3..5]) > 0 && key > 0 && 97 - body % 97 == key
}

/// Letters and digits in their places, and the last letter by the values of the places.
pub(super) fn it_codice_fiscale(text: &[u8]) -> bool {
    /// What each character is worth at an odd place, digits as the letters from A on.
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    /// Where digits stand; a letter of these may take a digit's place where two people would have the same code.
    const DIGITS: [usize; 7] = [6, 7, 9, 10, 12, 13, 14];
    let Some((last, body)) = text.split_last() else { return false };
    let mut sum = 0;
    for (place, byte) in body.iter().enumerate() {
        let shaped = byte.is_ascii_uppercase() && (!DIGITS.contains(&place) || b"LMNPQRSTUV".contains(byte))
            || byte.is_ascii_digit() && DIGITS.contains(&place);
        if !shaped {
            return false;
        }
        let value = if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' };
        sum += if place % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) };
    }
    last.is_ascii_uppercase() && sum % 26 == u32::from(last - b'A')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    fn changed(text: &str) -> String {
        let last = text.bytes().last().unwrap();
        let other = if last == b'9' || last == b'Z' { last - 1 } else { last + 1 };
        format!("{}{}", &text[..text.len() - 1], char::from(other))
    }

    #[test]
    fn published_examples_hold_and_fail_with_another_last_digit() {
        type Check = fn(&[u8]) -> bool;
        let examples: [(&str, Check); 17] = [
            ("4111111111111111", card),
            ("378282246310005", card),
            ("30569309025904", card),
            ("6011111111111117", card),
            ("3530111333300000", card),
            ("2223003122003222", card),
            ("6759649826438453", card),
            ("4917610000000000003", card),
            ("86095742719", de_steuer_id),
            ("65929970489", de_steuer_id),
            ("111222333", nl_bsn),
            ("44051401359", pl_pesel),
            ("85073003328", be_nrn),
            ("7569217076985", ch_ahv),
            ("52998224725", br_cpf),
            ("046454286", luhn),
            ("234123412346", in_aadhaar),
        ];
        for (example, check) in examples {
            assert!(check(&digits(example)), "{example}");
            assert!(!check(&digits(&changed(example))), "{example}");
        }
        assert!(ca_sin(&digits("130692544")) && au_tfn(&digits("123456782")) && us_ssn(&digits("078051120")));
        assert!(!us_ssn(&digits("000123456")) && !us_ssn(&digits("666123456")) && !us_ssn(&digits("900123456")));
    }

    #[test]
    fn numbers_with_letters_hold_by_their_letter() {
        type Check = fn(&[u8]) -> bool;
        let examples: [(&str, Check); 7] = [
            ("GB82WEST12345698765432", mod_97),
            ("DE89370400440532013000", mod_97),
            ("12345678Z", es_dni),
            ("X1234567L", es_dni),
            ("RSSMRA85T10A562S", it_codice_fiscale),
            ("255081416802538", fr_nir),
            ("180012A00100161", fr_nir),
        ];
        for (example, check) in examples {
            assert!(check(example.as_bytes()), "{example}");
        }
        assert!(!es_dni(b"12345678A") && !mod_97(b"GB82WEST12345698765433") && !fr_nir(b"255081416802539"));
        assert!(!it_codice_fiscale(b"RSSMRA85T10A562T"));
        assert!(uk_nino(b"AB123456C") && !uk_nino(b"GB123456A") && !uk_nino(b"AB123456E") && !uk_nino(b"DA123456A"));
        for refused in ["BG", "GB", "KN", "NK", "NT", "TN"] {
            assert!(!uk_nino(format!("{refused}123456A").as_bytes()), "{refused}");
        }
        assert!(uk_nino(b"NN123456A") && uk_nino(b"KT123456A") && !uk_nino(b"ZZ123456A"));
    }
}
