//! `GET /widget/config`: how an organization's widget looks, for the pages that embed it. Public, and cached for a minute.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::domain::{OrganizationId, Refusal};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::Fault;
use crate::http::live::origin_is_allowed;
use crate::http::platform::wire::WidgetConfig;
use crate::http::query::Query;

/// How long pages and caches may keep it.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// Tells how the widget looks.
#[utoipa::path(
    get, path = "/widget/config", operation_id = "getWidgetConfig",
    summary = "Get Widget Configuration", tag = "Widget", security(()),
    params(("organization" = Option<String>, Query, description = "Whose widget; the default organization's without it")),
    responses(
        (status = 200, body = WidgetConfig, description = "How it looks"),
        (status = 403, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The page's domain may not embed it"),
        (status = 404, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "There is no such organization"),
    )
)]
pub(crate) async fn config(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let organization = organization(&doors, query.get("organization"))?;
    let widget = doors.engine.settings.widget(&organization)?;
    let origin = admitted(&doors, &organization, request.headers())?;
    let shown = WidgetConfig {
        title: &widget.title,
        color: &widget.color,
        greeting: &widget.greeting,
        position: widget.position,
        email: doors.engine.onward.is_offered(&organization),
    };
    let mut response = json(StatusCode::OK, &shown)?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHED);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    Ok(response)
}

/// The organization that somebody without a credential names; the default one where they name none.
///
/// # Errors
/// `NotFound`.
pub(super) fn organization(doors: &SharedDoors, named: Option<&str>) -> Result<OrganizationId, Refusal> {
    let Some(named) = named else { return Ok(OrganizationId::default_organization()) };
    let unknown = Refusal::NotFound { what: "organization" };
    let id = OrganizationId::parse(named).map_err(|_| unknown.clone())?;
    doors.engine.accounts.organization(&id).map(|found| found.id)
}

/// Lets in whoever is no page, the installation's pages, and those of the widget's domains; tells which page it is.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub(super) fn admitted(
    doors: &SharedDoors,
    organization: &OrganizationId,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
    let known = origin_is_allowed(headers, &doors.config.server.allowed_origins.0);
    let page = origin.to_str().map_err(|_| Refusal::Forbidden)?;
    if known || doors.engine.settings.widget(organization)?.admits(page) {
        return Ok(Some(origin.clone()));
    }
    Err(Refusal::Forbidden)
}
