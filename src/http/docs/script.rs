//! The scripts of Swagger UI and ReDoc, out of the crates that carry them.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

/// What the page needs of Swagger UI.
pub(super) const SWAGGER_FILES: [&str; 4] =
    ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "favicon-32x32.png"];

/// ReDoc's own logo, which it would fetch from its makers; and a picture of nothing in its place.
const FOREIGN_LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NO_PICTURE: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

/// A file of Swagger UI, and its type.
pub(super) fn swagger(name: &str) -> Option<(&'static str, Bytes)> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(utoipa_swagger_ui::Config::from(""))).ok()??;
    let kind = match name.rsplit('.').next()? {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => "image/png",
    };
    let text = match file.bytes {
        Cow::Borrowed(text) => Bytes::from_static(text),
        Cow::Owned(text) => text.into(),
    };
    Some((kind, text))
}

/// ReDoc's script, a megabyte that all who serve it share.
pub(super) fn redoc() -> Bytes {
    static SCRIPT: LazyLock<Bytes> = LazyLock::new(cut_out);
    SCRIPT.clone()
}

/// The crate has the script inside a page, between the tag and the call that begins it.
fn cut_out() -> Bytes {
    let page = aide::redoc::Redoc::new("").html();
    let inside = page.split_once("<script>").map_or("", |(_, rest)| rest);
    let script = inside.rsplit_once("Redoc.init(").map_or("", |(script, _)| script);
    script.replace(FOREIGN_LOGO, NO_PICTURE).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_carry_what_the_pages_name() {
        for name in SWAGGER_FILES {
            assert!(swagger(name).is_some_and(|(_, text)| !text.is_empty()), "{name}");
        }
        let script = String::from_utf8(redoc().to_vec()).unwrap();
        assert!(script.contains("exports.Redoc") && script.len() > 500_000, "{} bytes", script.len());
        assert!(!script.contains(FOREIGN_LOGO) && script.contains(NO_PICTURE));
        assert!(!script.contains("</script>"));
    }
}
