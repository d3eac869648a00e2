//! The secret of a hook is changed in its files, while the gateway runs: first both count, then the new one alone.

use std::path::Path;

use e2e::{Settings, wait};

use super::{Letter, door, fleet, until_healthy};
use crate::fleet::Role;

const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "whsec_HxwdHh8BAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=";

/// What proves a delivery.
#[derive(Debug, Clone, Copy)]
enum Proof {
    Token,
    Signature,
}

impl Proof {
    /// The settings that name its two files.
    const fn settings(self) -> [&'static str; 2] {
        match self {
            Self::Token => ["GUASSP_WEBHOOKS__SECRET_FILE", "GUASSP_WEBHOOKS__PREVIOUS_SECRET_FILE"],
            Self::Signature => {
                ["GUASSP_WEBHOOKS__SIGNING_KEY_FILE", "GUASSP_WEBHOOKS__PREVIOUS_SIGNING_KEY_FILE"]
            }
        }
    }

    fn letter(self, secret: &str) -> Letter {
        let (id, now, body) = ("one", jiff::Timestamp::now().as_second(), "{}".to_owned());
        let headers = match self {
            Self::Token => vec![("x-gitlab-token", secret.to_owned())],
            Self::Signature => {
                let signature = sandbox::gitlab::sign(secret, id, now, body.as_bytes()).expect("a key");
                let (id, now) = (id.to_owned(), now.to_string());
                vec![("webhook-id", id), ("webhook-timestamp", now), ("webhook-signature", signature)]
            }
        };
        Letter { headers, body }
    }
}

fn write(file: &Path, secret: &str) {
    std::fs::write(file, secret).expect("a file");
}

async fn rotate(proof: Proof, old: &str, new: &str) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let [current, previous] = ["current", "previous"].map(|name| folder.path().join(name));
    write(&current, &format!("{old}\n"));
    // As a mounted secret is as long as nothing is changed.
    write(&previous, "");
    let [first, second] = proof.settings();
    let paths = [&current, &previous].map(|file| file.to_str().expect("a path"));
    let (scene, mut fleet) =
        fleet(Settings::default(), &[("GUASSP_WEBHOOKS__SECRET", ""), (first, paths[0]), (second, paths[1])])
            .await;
    fleet.start(&[Role::Gateway]);
    until_healthy(&scene.stack.gateway).await;
    let (http, url) = (reqwest::Client::new(), door(&scene));
    let sent = async |secret: &str| proof.letter(secret).send(&http, &url).await.expect("an answer");
    let until = async |secret: &str, status: u16| {
        let is = async || (sent(secret).await == status).then_some(());
        wait::until(&format!("{proof:?}: {status} for {secret}"), is).await;
    };
    assert_eq!((sent(old).await, sent(new).await), (202, 401), "{proof:?}");

    write(&previous, old);
    write(&current, new);
    until(new, 202).await;
    assert_eq!(sent(old).await, 202, "{proof:?}: both count while it is changed");
    write(&previous, "");
    until(old, 401).await;
    assert_eq!(sent(new).await, 202, "{proof:?}");
    let process = fleet.id(Role::Gateway);
    assert!(process.is_some(), "nothing was started again");
}

#[tokio::test]
async fn a_secret_token_is_changed_without_a_restart() {
    rotate(Proof::Token, "the old secret", "the new secret").await;
}

#[tokio::test]
async fn a_signing_token_is_changed_without_a_restart() {
    rotate(Proof::Signature, KEY, OTHER).await;
}
