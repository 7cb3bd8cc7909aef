//! The block of From, Sent, To and Subject that Outlook writes above what it quotes. All four are needed: a customer's own list
//! of facts may well have one or two of them.

use super::lines::Line;

/// The labels of one language: from, sent, to, subject; each with its variants.
struct Labels([&'static [&'static str]; 4]);

const LABELS: [Labels; 14] = [
    Labels([&["from"], &["sent", "date"], &["to"], &["subject"]]),
    Labels([&["von"], &["gesendet", "datum"], &["an"], &["betreff"]]),
    Labels([&["de"], &["envoyé", "date", "envoyé le"], &["à", "a"], &["objet"]]),
    Labels([&["de"], &["enviado", "enviado el", "fecha"], &["para"], &["asunto"]]),
    Labels([&["de"], &["enviado", "enviada em", "enviado em", "data"], &["para"], &["assunto"]]),
    Labels([&["van"], &["verzonden", "datum"], &["aan"], &["onderwerp"]]),
    Labels([&["da"], &["inviato", "data"], &["a"], &["oggetto"]]),
    Labels([&["od"], &["wysłano", "data", "wysłane"], &["do"], &["temat"]]),
    Labels([&["från", "fra"], &["skickat", "datum", "sendt", "dato"], &["till", "til"], &["ämne", "emne"]]),
    Labels([&["lähettäjä"], &["lähetetty", "päivämäärä"], &["vastaanottaja"], &["aihe"]]),
    Labels([&["от", "от кого"], &["отправлено", "дата"], &["кому"], &["тема"]]),
    Labels([&["od"], &["odesláno", "datum"], &["komu"], &["předmět"]]),
    Labels([&["kimden", "gönderen"], &["gönderildi", "tarih", "gönderme tarihi"], &["kime"], &["konu"]]),
    Labels([&["发件人", "差出人"], &["发送时间", "日期", "送信日時", "日時"], &["收件人", "宛先"], &["主题", "件名"]]),
];

/// How many lines the block has at most; addresses wrap.
const BLOCK_MAX_LINES: usize = 12;

/// The longest label, in bytes.
const LABEL_MAX_BYTES: usize = 40;

/// Does the block begin within the next lines that have something on them?
pub(super) fn begins(lines: &[Line<'_>]) -> bool {
    let first = lines.iter().take(3).position(|line| !line.is_blank());
    first.is_some_and(|at| begins_here(&lines[at..]))
}

/// Does it begin on the first of these lines?
pub(super) fn begins_here(lines: &[Line<'_>]) -> bool {
    let Some(first) = lines.first().and_then(|line| label(line.text)) else { return false };
    LABELS.iter().filter(|Labels(labels)| labels[0].contains(&first.as_str())).any(|labels| has_all(lines, labels))
}

fn has_all(lines: &[Line<'_>], Labels(labels): &Labels) -> bool {
    let block = lines.iter().take(BLOCK_MAX_LINES).take_while(|line| !line.is_blank());
    let found: Vec<String> = block.filter_map(|line| label(line.text)).collect();
    labels.iter().all(|variants| variants.iter().any(|variant| found.iter().any(|found| found == variant)))
}

/// What stands before the colon of a line, in lower case, without the stars of bold type.
fn label(line: &str) -> Option<String> {
    let end = line.find([':', '：'])?;
    let name = line.get(..end).filter(|name| name.len() <= LABEL_MAX_BYTES)?;
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
    (!name.is_empty()).then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::channels::email::reply::lines;

    fn begins(text: &str) -> bool {
        super::begins(&lines::read(text, 100))
    }

    #[test]
    fn a_block_needs_all_four_of_one_language() {
        assert!(begins("From: Jo <jo@x.test>\nSent: Monday\nTo: Kim <kim@x.test>;\n  Lee\nCc: a\nSubject: RE: a"));
        assert!(begins("\n*Von:* Jo\n*Gesendet:* Montag\n*An:* Kim\n*Betreff:* a"));
        assert!(begins("De : Jo\nEnvoyé : lundi\nÀ : Kim\nObjet : a"));
        assert!(!begins("From: Berlin\nTo: Paris\nDate: Monday"));
        assert!(!begins("From: Berlin\n\nSent: a\nTo: Paris\nSubject: b"));
        assert!(!begins("Von: Berlin\nSent: a\nTo: Paris\nSubject: b"));
    }
}
