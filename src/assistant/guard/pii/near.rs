//! What the words before a number say that it is: a bare number is an order's as easily as a telephone's.

use crate::assistant::guard::fold;

/// How many words before a number are read.
const WORDS_READ: usize = 6;

/// How far back they may begin, in bytes.
const READ_MAX_BYTES: usize = 96;

/// Words for what has a number that says nothing about a person.
const ORDER: &str = "\
    order orders invoice tracking parcel package shipment consignment waybill ticket case ref reference isbn issn \
    ean gtin sku article item serial imei booking confirmation rma bestellung bestellnummer auftrag auftragsnummer \
    rechnung rechnungsnummer sendung sendungsnummer artikelnummer vorgang commande facture colis pedido factura \
    ordine fattura factuur bestelling";

/// Words for telephones.
const PHONE: &str = "\
    phone phones telephone tel mobile cell cellphone call whatsapp sms fax landline ring dial telefon telefonnummer \
    handy handynummer mobil festnetz rufnummer telefono movil celular telephone portable cellulare telefone \
    telemovel telefoon";

/// What a number is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// An order's, a parcel's, a book's.
    Order,
    /// A telephone's.
    Phone,
    /// Nothing.
    Nothing,
}

/// What the nearest telling word before `start` says.
pub(super) fn said(text: &str, start: usize) -> Said {
    let before = text.get(text.ceil_char_boundary(start.saturating_sub(READ_MAX_BYTES))..start).unwrap_or_default();
    if before.trim_end().ends_with(['#', '№']) {
        return Said::Order;
    }
    let words = fold::plain_words(before, READ_MAX_BYTES);
    for word in words.iter().rev().take(WORDS_READ) {
        if ORDER.split(' ').any(|known| known == word) {
            return Said::Order;
        }
        if PHONE.split(' ').any(|known| known == word) {
            return Said::Phone;
        }
    }
    Said::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts() {
        let said = |before: &str| said(before, before.len());
        assert_eq!(said("my order number is "), Said::Order);
        assert_eq!(said("about order 12, call me at "), Said::Phone);
        assert_eq!(said("Téléphone: "), Said::Phone);
        assert_eq!(said("where is # "), Said::Order);
        assert_eq!(said("<phone_1> and "), Said::Nothing);
        assert_eq!(said("my order, which I made with my sister, who came by a week ago "), Said::Nothing);
    }
}
