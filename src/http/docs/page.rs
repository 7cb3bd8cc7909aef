//! The two pages. Their text is ours alone: dialects' names and titles are constants.

use std::fmt::Write;

use super::super::description::Description;

/// Swagger UI, which chooses between the documents by itself.
pub(super) fn swagger(dialects: &[Description]) -> String {
    let mut urls = vec![serde_json::json!({ "name": "All dialects", "url": "/openapi.json" })];
    for dialect in dialects {
        urls.push(serde_json::json!({ "name": dialect.title, "url": format!("/openapi/{}.json", dialect.name) }));
    }
    let urls = serde_json::to_string(&urls).unwrap_or_default().replace('\'', "&#39;");
    let head = "<link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">";
    let body = format!(
        "<div id=\"swagger\" data-urls='{urls}'></div>\n\
         <script src=\"/docs/swagger-ui-bundle.js\"></script>\n\
         <script src=\"/docs/swagger-ui-standalone-preset.js\"></script>\n\
         <script src=\"/docs/swagger.js\"></script>"
    );
    page(head, &links("<a href=\"/redoc\">ReDoc</a>", dialects), &body)
}

/// ReDoc, with links to choose between the documents.
pub(super) fn redoc(dialects: &[Description]) -> String {
    let mut choices = "<a href=\"/redoc\" data-url=\"/openapi.json\">All dialects</a>".to_owned();
    for dialect in dialects {
        let (name, title) = (dialect.name, dialect.title);
        // Writing to a string does not fail.
        let _ = write!(choices, " <a href=\"/redoc?api={name}\" data-url=\"/openapi/{name}.json\">{title}</a>");
    }
    let body = "<div id=\"redoc\"></div>\n\
                <script src=\"/docs/redoc.standalone.js\"></script>\n\
                <script src=\"/docs/redoc.js\"></script>";
    page("", &links(&format!("{choices} <a href=\"/docs\">Swagger UI</a>"), dialects), body)
}

fn links(choices: &str, dialects: &[Description]) -> String {
    let mut links = choices.to_owned();
    for name in dialects.iter().map(|dialect| dialect.name) {
        // Writing to a string does not fail.
        let _ = write!(links, " <a href=\"/docs/{name}-live.md\">Live protocol: {name}</a>");
    }
    links
}

fn page(head: &str, links: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Switchboard: API</title>\n\
         <link rel=\"icon\" href=\"/docs/favicon-32x32.png\">\n{head}\n<link rel=\"stylesheet\" href=\"/docs/pages.css\">\n\
         </head>\n<body>\n<nav>{links}</nav>\n{body}\n</body>\n</html>\n"
    )
}
