//! Fetches a page that somebody wants read. Where it leads, how long it takes and how much it brings is the page's business, so
//! each of the three has a bound.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, Url};
use tokio::time::timeout;

use crate::knowledge::extract::Format;
use crate::outward::Reach;

/// How often a page may send on to another.
const REDIRECTS_MAX: usize = 5;

/// How pages are fetched.
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// How long it may take altogether.
    pub deadline: Duration,
    /// The most bytes of a page.
    pub max_bytes: usize,
    /// Whether it may be at an address of a private network or of this machine.
    pub private_addresses: bool,
}

/// What was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    pub format: Format,
    pub charset: Option<String>,
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Fetcher {
    client: Option<Client>,
    reach: Reach,
    config: FetchConfig,
}

impl Fetcher {
    pub(super) fn new(config: FetchConfig) -> Self {
        let reach = Reach::of(config.private_addresses);
        let agent = concat!("switchboard/", env!("CARGO_PKG_VERSION"));
        let client = reach.client().user_agent(agent).connect_timeout(config.deadline).build();
        let client = client.inspect_err(|error| tracing::error!(%error, "no client for pages"));
        Self { client: client.ok(), reach, config }
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// Why there is none, in words for whoever wants it read.
    pub(super) async fn fetch(&self, url: &str) -> Result<Fetched, String> {
        match timeout(self.config.deadline, self.follow(url)).await {
            Ok(fetched) => fetched,
            Err(_elapsed) => Err("it takes too long to load".to_owned()),
        }
    }

    /// Follows a page to where it sends on to.
    async fn follow(&self, url: &str) -> Result<Fetched, String> {
        let client = self.client.as_ref().ok_or("there is no client")?;
        let mut url: Url = url.parse().map_err(|_| "the address does not read")?;
        for _ in 0..=REDIRECTS_MAX {
            self.reach.check(&url)?;
            let request = client
                .get(url.clone())
                .header(ACCEPT, "text/html, text/markdown, text/plain, application/pdf, */*;q=0.5");
            let response = request.send().await.map_err(|error| said(&error))?;
            let status = response.status();
            if !status.is_redirection() {
                if !status.is_success() {
                    return Err(format!("the server answers with status {}", status.as_u16()));
                }
                return self.take(&url, response).await;
            }
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let to = to.ok_or("it sends on to nowhere")?;
            url = url.join(to).map_err(|_| "it sends on to an address that does not read")?;
        }
        Err(format!("it sends on more than {REDIRECTS_MAX} times"))
    }

    async fn take(&self, url: &Url, mut response: Response) -> Result<Fetched, String> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let name = url.path().rsplit('/').next();
        let format = match kind.as_deref() {
            // A server that does not say what it serves serves pages.
            None => Format::guess(None, name).or(Some(Format::Html)),
            Some(kind) => Format::guess(Some(kind), name),
        };
        let Some(format) = format else { return Err("it is of a type that is not read".to_owned()) };
        let charset = kind.as_deref().and_then(super::draft::charset);
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| said(&error))? {
            if bytes.len() + piece.len() > self.config.max_bytes {
                return Err(format!("it has more than {} bytes", self.config.max_bytes));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Fetched { format, charset, bytes })
    }
}

/// What the client says, without the address, and with what is behind it.
fn said(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut last = None;
    while let Some(inner) = source {
        last = Some(inner.to_string());
        source = inner.source();
    }
    match last {
        Some(why) if !why.contains("://") => format!("it can not be fetched: {why}"),
        _ => "it can not be fetched".to_owned(),
    }
}
