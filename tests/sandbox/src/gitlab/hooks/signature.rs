//! Signatures in the form of Standard Webhooks: HMAC-SHA256 over id, time and the raw body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "whsec_";
const KEY_BYTES: usize = 32;

fn key(token: &str) -> Option<Vec<u8>> {
    STANDARD.decode(token.strip_prefix(PREFIX)?).ok()
}

/// Whether GitLab takes this as a signing token.
pub(crate) fn is_signing_token(token: &str) -> bool {
    key(token).is_some_and(|key| key.len() == KEY_BYTES)
}

/// What GitLab sends as `webhook-signature` of this body, under this id and at this time: `v1,` and the signature; `None`
/// where the token is no signing token.
pub fn sign(token: &str, id: &str, unix_s: i64, body: &[u8]) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key(token)?);
    let mut signed = hmac::Context::with_key(&key);
    signed.update(format!("{id}.{unix_s}.").as_bytes());
    signed.update(body);
    Some(format!("v1,{}", STANDARD.encode(signed.sign())))
}
