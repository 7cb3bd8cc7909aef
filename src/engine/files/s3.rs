//! Bytes on any server that speaks S3: an object for each writing, by presigned addresses. What it answers is bounded, in time and in
//! size, and nothing of an address, which is signed, is in an error.

use std::ops::Range;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header, redirect};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::{ExposeSecret, SecretString};

use super::blobs::{BlobError, Blobs, Place};

/// How long a presigned address is good for: as long as a request may take, and for clocks that are a little apart.
const SIGNED_FOR: Duration = Duration::from_secs(15 * 60);

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Where the server is, and who we are there.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// Its address, without the bucket; the bucket is the first part of the path.
    pub url: Url,
    /// The bucket, which is there already.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: SecretString,
    /// How long one request may take.
    pub timeout: Duration,
}

/// Bytes on an S3 server.
pub struct S3Blobs {
    client: Client,
    bucket: Bucket,
    credentials: Credentials,
}

impl S3Blobs {
    /// Makes the client; nothing is asked yet.
    ///
    /// # Errors
    /// Why the address can not be one, in words.
    pub fn new(settings: &S3Settings) -> Result<Self, String> {
        let S3Settings { url, bucket, region, access_key, secret_key, timeout } = settings;
        let bucket = Bucket::new(url.clone(), UrlStyle::Path, bucket.clone(), region.clone());
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_MAX)
            .timeout(*timeout)
            .build()
            .map_err(|why| why.without_url().to_string())?;
        let credentials = Credentials::new(access_key.clone(), secret_key.expose_secret());
        Ok(Self { client, bucket: bucket.map_err(|why| why.to_string())?, credentials })
    }

    fn request<'a>(&self, method: Method, action: &impl S3Action<'a>) -> RequestBuilder {
        self.client.request(method, action.sign(SIGNED_FOR))
    }

    async fn write(&self, place: Place, bytes: Bytes) -> Result<(), BlobError> {
        let name = name(&place);
        let action = self.bucket.put_object(Some(&self.credentials), &name);
        let answer = self.request(Method::PUT, &action).body(bytes).send().await.map_err(unreached)?;
        taken(&answer)
    }

    async fn fetch(&self, place: Place, range: Range<u64>) -> Result<Bytes, BlobError> {
        let wanted = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        if wanted == 0 {
            return Ok(Bytes::new());
        }
        let name = name(&place);
        let action = self.bucket.get_object(Some(&self.credentials), &name);
        let part = format!("bytes={}-{}", range.start, range.end - 1);
        let request = self.request(Method::GET, &action).header(header::RANGE, part);
        let answer = request.send().await.map_err(unreached)?;
        taken(&answer)?;
        let is_all = range.start == 0 && range.end == place.bytes;
        if answer.status() != StatusCode::PARTIAL_CONTENT && !is_all {
            return Err(BlobError::Failed("the S3 server does not give parts".to_owned()));
        }
        let mut read = BytesMut::with_capacity(wanted);
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(unreached)?;
            if read.len() + piece.len() > wanted {
                return Err(BlobError::Failed("the S3 server gives more than was asked for".to_owned()));
            }
            read.extend_from_slice(&piece);
        }
        if read.len() < wanted {
            return Err(BlobError::Failed("the S3 server gives less than was asked for".to_owned()));
        }
        Ok(read.freeze())
    }

    async fn delete(&self, place: Place) -> Result<(), BlobError> {
        let name = name(&place);
        let action = self.bucket.delete_object(Some(&self.credentials), &name);
        let answer = self.request(Method::DELETE, &action).send().await.map_err(unreached)?;
        if answer.status() == StatusCode::NOT_FOUND { Ok(()) } else { taken(&answer) }
    }
}

impl Blobs for S3Blobs {
    fn put(&self, place: Place, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        self.write(place, bytes).boxed()
    }

    fn read(&self, place: Place, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        self.fetch(place, range).boxed()
    }

    fn remove(&self, place: Place) -> BoxFuture<'_, Result<(), BlobError>> {
        self.delete(place).boxed()
    }
}

/// The object's name. An organization's objects are together, and no two writings are the same object.
fn name(place: &Place) -> String {
    format!("{}/{}/{}", place.organization, place.digest.as_str(), place.place)
}

fn taken(answer: &Response) -> Result<(), BlobError> {
    if answer.status().is_success() {
        return Ok(());
    }
    Err(BlobError::Failed(format!("the S3 server says {}", answer.status().as_u16())))
}

/// The address is signed: whoever reads it in a log could fetch the file.
fn unreached(why: reqwest::Error) -> BlobError {
    BlobError::Unreached(format!("the S3 server is not reached: {}", why.without_url()))
}

impl std::fmt::Debug for S3Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Blobs").field("bucket", &self.bucket.name()).finish_non_exhaustive()
    }
}
