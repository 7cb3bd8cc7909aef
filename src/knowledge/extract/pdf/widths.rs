//! Widths of the glyphs of composite fonts, written so that `pdf-extract` reads them right.
//!
//! A font gives its widths in two forms (ISO 32000-1, 9.7.4.3): `c [w1 w2 ...]`, one for each glyph from `c` on, and
//! `first last w`, one for all of a range. `pdf-extract` 0.12 takes `first` for all three numbers of the second form, so
//! the glyphs of a range keep the default width, and a space stands in the text behind each that is wider: "tak es".
//! Browsers write such ranges into every file they print.

use pdf_extract::{Document, Object};

/// The most widths that are written out for one document; fonts hold at most 65,536 each, most some hundred.
const WRITTEN_OUT_MAX: usize = 1 << 20;

/// The highest number of a glyph in a composite font (CID).
const GLYPH_MAX: i64 = 0xffff;

/// Writes the widths of every composite font as `c [w1 w2 ...]`. A font whose widths break the rules stays as it is.
pub(super) fn write_out(document: &mut Document) {
    let mut left = WRITTEN_OUT_MAX;
    let written: Vec<_> = document
        .objects
        .iter()
        .filter_map(|(id, object)| {
            let widths = object.as_dict().ok()?.get(b"W").ok()?;
            let entries = document.dereference(widths).ok()?.1.as_array().ok()?;
            Some((*id, written_out(document, entries, &mut left)?))
        })
        .collect();
    for (id, widths) in written {
        if let Some(font) = document.objects.get_mut(&id).and_then(|object| object.as_dict_mut().ok()) {
            font.set("W", widths);
        }
    }
}

/// The same widths in the first form alone; none where they need no change, break the rules or are too many.
fn written_out(document: &Document, entries: &[Object], left: &mut usize) -> Option<Object> {
    let mut written = Vec::new();
    let mut has_range = false;
    let mut rest = entries;
    while let [first, second, behind @ ..] = rest {
        let second = document.dereference(second).ok()?.1;
        if second.as_array().is_ok() {
            written.extend([first.clone(), second.clone()]);
            rest = behind;
            continue;
        }
        let (width, behind) = behind.split_first()?;
        let width = document.dereference(width).ok()?.1;
        // What is no number stays where the library does not look at it.
        width.as_float().ok()?;
        let count = count_of(first.as_i64().ok()?, second.as_i64().ok()?)?;
        *left = left.checked_sub(count)?;
        written.extend([first.clone(), Object::Array(vec![width.clone(); count])]);
        has_range = true;
        rest = behind;
    }
    (has_range && rest.is_empty()).then_some(Object::Array(written))
}

/// How many glyphs a range has.
fn count_of(first: i64, last: i64) -> Option<usize> {
    (0 <= first && first <= last && last <= GLYPH_MAX).then(|| usize::try_from(last - first + 1).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use pdf_extract::{Dictionary, Document, Object};

    use super::write_out;

    /// A document with a font that has these widths, after they were written out: the widths then.
    fn after(widths: Vec<Object>) -> Vec<Object> {
        let mut document = Document::new();
        let id = document.add_object(Dictionary::from_iter([("W", Object::Array(widths))]));
        write_out(&mut document);
        document.get_dictionary(id).unwrap().get(b"W").unwrap().as_array().unwrap().clone()
    }

    fn listed(widths: &[i64]) -> Object {
        Object::Array(widths.iter().map(|width| Object::Integer(*width)).collect())
    }

    #[test]
    fn a_range_is_written_as_a_list_between_lists() {
        let widths = vec![3.into(), listed(&[278]), 36.into(), 38.into(), 667.into(), 70.into(), listed(&[500, 556])];
        let written = vec![3.into(), listed(&[278]), 36.into(), listed(&[667; 3]), 70.into(), listed(&[500, 556])];
        assert_eq!(after(widths), written);
    }

    #[test]
    fn widths_in_an_object_of_their_own_are_found() {
        let mut document = Document::new();
        let list = document.add_object(listed(&[222, 278]));
        let half = document.add_object(Object::Real(0.5));
        let widths = document.add_object(vec![1.into(), 2.into(), half.into(), 7.into(), list.into()]);
        let id = document.add_object(Dictionary::from_iter([("W", Object::Reference(widths))]));
        write_out(&mut document);
        let written = document.get_dictionary(id).unwrap().get(b"W").unwrap().as_array().unwrap();
        let halves = Object::Array(vec![Object::Real(0.5); 2]);
        assert_eq!(*written, [1.into(), halves, 7.into(), listed(&[222, 278])]);
    }

    #[test]
    fn widths_that_break_the_rules_stay_as_they_are() {
        for odd in [
            vec![5.into(), 2.into(), 500.into()],
            vec![0.into(), i64::MAX.into(), 500.into()],
            vec![(-9).into(), 2.into(), 500.into()],
            vec![1.into(), 2.into()],
            vec![1.into(), 2.into(), 500.into(), 9.into()],
            vec![1.into(), 2.into(), Object::Name(b"wide".to_vec())],
            vec![Object::Null, Object::Null, Object::Null],
        ] {
            assert_eq!(after(odd.clone()), odd);
        }
    }

    #[test]
    fn no_more_is_written_out_than_fits() {
        let all = || -> Vec<Object> { vec![0.into(), 0xffff.into(), 500.into()] };
        let mut document = Document::new();
        let fonts: Vec<_> =
            (0..40).map(|_| document.add_object(Dictionary::from_iter([("W", Object::Array(all()))]))).collect();
        write_out(&mut document);
        let is_written =
            |id: &_| document.get_dictionary(*id).unwrap().get(b"W").unwrap().as_array().unwrap().len() == 2;
        assert_eq!(fonts.iter().filter(|id| is_written(id)).count(), 16);
    }
}
