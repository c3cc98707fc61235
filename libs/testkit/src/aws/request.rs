//! Reading what a client asks.

use std::io::Read as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Version};
use serde_json::Value;

use super::call::Call;
use super::cbor;
use super::protocol::Protocol;
use super::rest;

/// The largest body of a call: no API takes more in one.
const MOST_OCTETS: usize = 32 << 20;

/// The only path of IAM Identity Center's portal that is known
/// (<https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html>).
const ROLE_CREDENTIALS: &str = "/federation/credentials";

/// Reads a request to its end.
pub(crate) async fn read(request: Request<Incoming>) -> Result<Call, String> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_OCTETS).collect().await;
    let body = body.map_err(|error| format!("the body cannot be read: {error}"))?.to_bytes();
    let body = unpacked(&parts, body)?;
    let signer = Signer::of(&parts);
    let (protocol, operation, parameters) = operation(&parts, &body, &signer.service)?;
    Ok(Call {
        order: 0,
        service: signer.service,
        operation,
        region: signer.region,
        access_key: signer.access_key,
        account: None,
        parameters,
        is_http2: parts.version == Version::HTTP_2,
        headers: parts.headers,
        body,
        started: Duration::ZERO,
        ended: None,
        status: None,
        error: None,
        protocol,
    })
}

/// The body as it was before it was compressed. Objects of S3 stay as they are.
fn unpacked(parts: &Parts, body: Bytes) -> Result<Bytes, String> {
    let is_packed = parts.headers.get("content-encoding").is_some_and(|it| it == "gzip");
    if !is_packed || !parts.headers.contains_key("smithy-protocol") {
        return Ok(body);
    }
    let mut unpacked = Vec::new();
    let mut packed = MultiGzDecoder::new(body.as_ref()).take(MOST_OCTETS as u64);
    let read = packed.read_to_end(&mut unpacked);
    read.map_err(|error| format!("the body is no gzip: {error}"))?;
    Ok(unpacked.into())
}

/// Who signed, and for what.
struct Signer {
    access_key: String,
    region: String,
    service: String,
}

impl Signer {
    /// From the scope of a signature
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
    fn of(parts: &Parts) -> Self {
        let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let scope = header.and_then(|header| header.split("Credential=").nth(1));
        let scope = scope.and_then(|scope| scope.split(',').next()).unwrap_or_default();
        let mut words = scope.split('/').map(str::to_owned);
        let access_key = words.next().unwrap_or_default();
        let region = words.nth(1).unwrap_or_default();
        // Only calls that get credentials are not signed.
        let unsigned = if parts.uri.path() == ROLE_CREDENTIALS { "sso" } else { "sts" };
        let service = words.next().unwrap_or_else(|| unsigned.to_owned());
        Self { access_key, region, service }
    }
}

fn operation(
    parts: &Parts,
    body: &Bytes,
    service: &str,
) -> Result<(Protocol, String, Value), String> {
    if let Some(target) = parts.headers.get("x-amz-target") {
        let target = target.to_str().unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let parameters = serde_json::from_slice(body);
        let parameters = parameters.map_err(|error| format!("{target}: no JSON: {error}"))?;
        return Ok((Protocol::Json, operation, parameters));
    }
    if parts.headers.get("smithy-protocol").is_some_and(|protocol| protocol == "rpc-v2-cbor") {
        let operation = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        let parameters = cbor::read(body);
        let parameters = parameters.map_err(|error| format!("{operation}: no CBOR: {error}"))?;
        return Ok((Protocol::Cbor, operation, parameters));
    }
    if service == "sso" {
        let query = rest::query(&parts.uri).into_iter();
        let parameters = query.map(|(name, value)| (name, Value::String(value))).collect();
        return Ok((Protocol::Json, "GetRoleCredentials".to_owned(), parameters));
    }
    if service == "s3" {
        let (operation, parameters) = rest::operation(&parts.method, &parts.uri);
        return Ok((Protocol::RestXml, operation, parameters));
    }
    let form = form_urlencoded::parse(body).into_owned().chain(rest::query(&parts.uri));
    let form: serde_json::Map<String, Value> =
        form.map(|(name, value)| (name, Value::String(value))).collect();
    let protocol = if service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
    let operation = form.get("Action").and_then(Value::as_str).map(str::to_owned);
    let nothing = || format!("{} {} names no action of {service}", parts.method, parts.uri);
    Ok((protocol, operation.ok_or_else(nothing)?, Value::Object(form)))
}
