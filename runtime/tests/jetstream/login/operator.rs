//! An operator of nats-server with one account, and credentials files of its users.
//! Claims and signatures as nats-server reads them: <https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt>.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use runtime::clock::Clock;
use serde_json::{Value, json};

/// What only users with a long life may publish.
pub(super) const LONG_LIVED: &str = "long.lived";

const SHORT: Duration = Duration::from_secs(3);

pub(super) struct Operator {
    operator: KeyPair,
    account: KeyPair,
}

/// How long a user may be there.
#[derive(Clone, Copy)]
pub(super) enum Life {
    /// Some seconds.
    Short,
    Long,
}

impl Operator {
    pub(super) fn new() -> Self {
        Self { operator: KeyPair::new_operator(), account: KeyPair::new_account() }
    }

    /// The settings of a nats-server that trusts this operator.
    pub(super) fn settings(&self) -> String {
        let all = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1,
        });
        let operator =
            signed(&self.operator, &self.operator, &json!({ "type": "operator", "version": 2 }), None);
        let account = json!({ "type": "account", "version": 2, "limits": all });
        let account = signed(&self.operator, &self.account, &account, None);
        let name = self.account.public_key();
        format!("operator: {operator}\nresolver: MEMORY\nresolver_preload: {{ {name}: {account} }}\n")
    }

    /// The credentials file of a new user.
    pub(super) fn user(&self, life: Life) -> String {
        let user = KeyPair::new_user();
        let (denied, lives): (&[&str], _) = match life {
            Life::Short => (&[LONG_LIVED], Some(SHORT)),
            Life::Long => (&[], None),
        };
        let rights = json!({ "deny": denied });
        let claims =
            json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": rights });
        let jwt = signed(&self.account, &user, &claims, lives);
        let seed = user.seed().unwrap();
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             ************************* IMPORTANT *************************\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

fn signed(by: &KeyPair, of: &KeyPair, claims: &Value, lives: Option<Duration>) -> String {
    let now = Clock::system().now();
    // Never is 0.
    let ends = lives.map_or(0, |lives| (now + lives).as_second());
    let whole = json!({
        "jti": of.public_key(), "iat": now.as_second(), "exp": ends, "iss": by.public_key(), "name": "guassp",
        "sub": of.public_key(), "nats": claims,
    });
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let [header, body] = [header, whole].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes()));
    let text = format!("{header}.{body}");
    let signature = by.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}
