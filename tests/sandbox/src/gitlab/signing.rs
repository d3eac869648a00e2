//! The RSA keys that sign ID tokens, and the set of them that GitLab publishes.
//!
//! A key is made when it is first needed, and kept for the whole process: making one takes a tenth of a second. All
//! worlds share them, so a token of one world passes the signature check of another; its issuer tells them apart.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::world::World;

/// Signs the tokens of people who sign in by OIDC. Published beside the key of CI.
const LOGIN: usize = 0;
/// Nobody publishes this one.
const STRANGER: usize = 1;
const FIRST_OF_CI: usize = 2;

/// Who signs an ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The key that GitLab signs the tokens of jobs with, at the time of signing.
    Ci,
    /// The key of OIDC sign-ins, which is in the same published set.
    Login,
    /// A key that is in no published set.
    Stranger,
}

/// The keys of one GitLab, by number: the one that signs, and those of CI that are published.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    signing: usize,
    published: Vec<usize>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { signing: FIRST_OF_CI, published: vec![FIRST_OF_CI] }
    }
}

impl World {
    /// GitLab signs with a new key from here on; the old one stays published.
    pub fn rotate_keys(&mut self) {
        self.keys.signing += 1;
        self.keys.published.push(self.keys.signing);
    }

    /// Only the key that signs now stays published.
    pub fn forget_old_keys(&mut self) {
        self.keys.published = vec![self.keys.signing];
    }

    /// Signs for as long as it is kept, whatever key the world turns to.
    pub fn signer(&self, by: SignedBy) -> Signer {
        let number = match by {
            SignedBy::Ci => self.keys.signing,
            SignedBy::Login => LOGIN,
            SignedBy::Stranger => STRANGER,
        };
        Signer(key(number))
    }

    /// What `/oauth/discovery/keys` shows.
    pub(super) fn published_keys(&self) -> Value {
        let published = std::iter::once(LOGIN).chain(self.keys.published.iter().copied());
        json!({ "keys": published.map(|number| key(number).public()).collect::<Vec<_>>() })
    }
}

/// Signs claims as an ID token (RS256).
#[derive(Debug, Clone)]
pub struct Signer(Arc<SigningKey>);

impl Signer {
    /// # Panics
    /// When the system gives no random numbers.
    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        let header = json!({ "kid": self.0.id, "typ": "JWT", "alg": "RS256" }).to_string();
        let claims = Value::Object(claims.clone()).to_string();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.0.pair.public_modulus_len()];
        let signed =
            self.0.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.expect("a signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The key's id, as the token's header and the published set name it.
    pub fn key_id(&self) -> &str {
        &self.0.id
    }
}

struct SigningKey {
    id: String,
    pair: KeyPair,
    modulus: String,
    exponent: String,
}

impl SigningKey {
    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a new RSA key");
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let modulus = encode(pair.public_key().modulus().big_endian_without_leading_zero());
        let exponent = encode(pair.public_key().exponent().big_endian_without_leading_zero());
        // RFC 7638: the thumbprint of a key is its id.
        let thumbprint = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let id = encode(digest(&SHA256, thumbprint.as_bytes()).as_ref());
        Self { id, pair, modulus, exponent }
    }

    fn public(&self) -> Value {
        let Self { id, modulus, exponent, .. } = self;
        json!({ "kty": "RSA", "kid": id, "e": exponent, "n": modulus, "use": "sig", "alg": "RS256" })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The key of this number.
fn key(number: usize) -> Arc<SigningKey> {
    static MADE: Mutex<BTreeMap<usize, Arc<SigningKey>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(number).or_insert_with(|| Arc::new(SigningKey::generate())))
}
