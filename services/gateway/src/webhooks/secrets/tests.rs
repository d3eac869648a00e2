use axum::http::HeaderName;
use runtime::secret::{Retired, Secret};

use super::*;

const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "whsec_HxwdHh8BAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=";
const NOW: i64 = 1_770_000_000;
const BODY: &[u8] = br#"{"event_name":"push"}"#;

fn secrets(secrets: &[&str], keys: &[&str]) -> Secrets {
    Secrets::new(&Config {
        secrets: secrets.iter().map(|secret| Secret::from(*secret)).collect(),
        signing_keys: keys.iter().map(|key| key.parse().unwrap()).collect(),
        ..Config::default()
    })
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    pairs.iter().map(pair).collect()
}

fn judge(secrets: &Secrets, pairs: &[(&str, &str)]) -> Result<Verified, Problem> {
    let head = secrets.head(&headers(pairs), Timestamp::from_second(NOW).unwrap())?;
    secrets.body(head, BODY)
}

/// The entry that GitLab puts into `webhook-signature`.
fn entry(key: &str, id: &str, timestamp: i64) -> String {
    let key: SigningKey = key.parse().unwrap();
    let signed = Signed { id: id.to_owned(), timestamp: timestamp.to_string(), signatures: Vec::new() };
    format!("v1,{}", BASE64.encode(key.sign(&signed, BODY).unwrap().as_ref()))
}

fn signed(secrets: &Secrets, id: &str, timestamp: i64, signature: &str) -> Result<Verified, Problem> {
    judge(secrets, &[(ID, id), (TIMESTAMP, &timestamp.to_string()), (SIGNATURE, signature)])
}

#[track_caller]
fn is_refused(verdict: Result<Verified, Problem>, says: &str) {
    let problem = verdict.unwrap_err();
    assert_eq!(problem.status(), axum::http::StatusCode::UNAUTHORIZED);
    assert!(format!("{problem:?}").contains(says), "{problem:?}");
}

#[test]
fn without_a_secret_nothing_is_taken_and_the_setting_is_named() {
    let none = secrets(&[], &[]);
    is_refused(judge(&none, &[]), "GUASSP_WEBHOOKS__SECRET");
    is_refused(judge(&none, &[(TOKEN, "")]), "GUASSP_WEBHOOKS__SECRET");
}

#[test]
fn a_secret_token_and_the_one_before_it_are_taken_and_no_other() {
    let both = secrets(&["new", "old"], &[]);
    for token in ["new", "old"] {
        assert!(judge(&both, &[(TOKEN, token)]).is_ok_and(|verified| verified.id.is_none()), "{token}");
    }
    for token in ["", "ne", "newer", "New", "new old"] {
        is_refused(judge(&both, &[(TOKEN, token)]), "X-Gitlab-Token");
    }
    is_refused(judge(&both, &[]), "X-Gitlab-Token");
}

/// A secret and a key on their way out, in files of this folder that are not there yet.
fn retiring(folder: &std::path::Path) -> (Secret, Secret) {
    let of = |name: &str| Retired::of_file(&folder.join(name)).unwrap().secret().clone();
    (of("secret"), of("key"))
}

#[test]
fn a_retired_token_counts_as_long_as_its_file_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let (old, _) = retiring(folder.path());
    let both = Secrets::new(&Config { secrets: vec!["new".into(), old.clone()], ..Config::default() });
    let write = |content: &str| {
        std::fs::write(folder.path().join("secret"), content).unwrap();
        old.reload();
    };
    let judge = |token| judge(&both, &[(TOKEN, token)]);
    assert!(judge("new").is_ok());
    for nothing in ["", " ", "\t"] {
        write(nothing);
        is_refused(judge(nothing), "X-Gitlab-Token");
        is_refused(judge("old"), "X-Gitlab-Token");
    }
    write("old\n");
    assert!(judge("old").is_ok() && judge("new").is_ok());
    std::fs::remove_file(folder.path().join("secret")).unwrap();
    old.reload();
    is_refused(judge("old"), "X-Gitlab-Token");
}

#[test]
fn a_retired_key_counts_as_long_as_its_file_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_, old) = retiring(folder.path());
    let retired = SigningKey::read(old.clone()).unwrap();
    let keys = vec![KEY.parse().unwrap(), retired.clone()];
    let both = Secrets::new(&Config { signing_keys: keys, ..Config::default() });
    let alone = Config { secrets: vec!["token".into()], signing_keys: vec![retired], ..Config::default() };
    let alone = Secrets::new(&alone);
    let right = entry(OTHER, "a", NOW);
    is_refused(signed(&both, "a", NOW, &right), "webhook-signature is wrong");
    assert!(judge(&alone, &[(TOKEN, "token")]).is_ok(), "without a key the token counts");
    for (content, counts) in [(OTHER, true), (" \n", false), (OTHER, true)] {
        std::fs::write(folder.path().join("key"), content).unwrap();
        assert!(old.reload());
        assert_eq!(signed(&both, "a", NOW, &right).is_ok(), counts, "{content:?}");
        assert_eq!(judge(&alone, &[(TOKEN, "token")]).is_ok(), !counts, "{content:?}");
    }
    std::fs::write(folder.path().join("key"), "no key").unwrap();
    assert!(old.reload());
    assert!(signed(&both, "a", NOW, &right).is_ok(), "what is wrong changes nothing");
}

/// Made apart from this code, by Python's hmac.
#[test]
fn a_signature_that_another_program_made_is_right() {
    let signature = "v1,bvDxk57KMzyNtPQeq7M4CecKc1lILAVygqLji0UehXk=";
    let verified = signed(&secrets(&[], &[KEY]), "msg_1", NOW, signature).unwrap();
    assert_eq!(verified.id.as_deref(), Some("msg_1"));
}

#[test]
fn while_a_key_is_changed_each_of_the_two_counts() {
    let both = secrets(&[], &[KEY, OTHER]);
    for key in [KEY, OTHER] {
        assert!(signed(&both, "a", NOW, &entry(key, "a", NOW)).is_ok());
    }
    let several = format!("v2,AAAA v1,%% {} {}", entry(OTHER, "a", NOW), entry(KEY, "b", NOW));
    assert!(signed(&secrets(&[], &[OTHER]), "a", NOW, &several).is_ok(), "one that fits will do");
    is_refused(signed(&secrets(&[], &[KEY]), "a", NOW, &several), "webhook-signature is wrong");
}

#[test]
fn what_is_signed_cannot_be_changed() {
    let (one, right) = (secrets(&[], &[KEY]), entry(KEY, "a", NOW));
    is_refused(signed(&one, "b", NOW, &right), "webhook-signature is wrong");
    is_refused(signed(&one, "a", NOW + 1, &right), "webhook-signature is wrong");
    let timestamp = NOW.to_string();
    let pairs = [(ID, "a"), (TIMESTAMP, timestamp.as_str()), (SIGNATURE, right.as_str())];
    let head = || one.head(&headers(&pairs), Timestamp::from_second(NOW).unwrap()).unwrap();
    assert!(one.body(head(), BODY).is_ok());
    is_refused(one.body(head(), b"{}").map(|_| Verified { id: None }), "webhook-signature is wrong");
}

#[test]
fn an_old_delivery_and_one_from_the_future_are_refused() {
    let one = secrets(&[], &[KEY]);
    for (seconds, in_time) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
        let at = NOW + seconds;
        let verdict = signed(&one, "a", at, &entry(KEY, "a", at));
        assert_eq!(verdict.is_ok(), in_time, "{seconds}: {verdict:?}");
    }
    let pairs = |timestamp| [(ID, "a"), (TIMESTAMP, timestamp), (SIGNATURE, "v1,AAAA")];
    for timestamp in ["now", "-", "99999999999999999999", "1e9", "1770000000.0"] {
        is_refused(judge(&one, &pairs(timestamp)), "webhook-timestamp");
    }
}

#[test]
fn where_there_is_a_signing_key_a_secret_token_is_not_enough() {
    let both = secrets(&["secret"], &[KEY]);
    is_refused(judge(&both, &[(TOKEN, "secret")]), "is not signed");
    is_refused(judge(&both, &[(TOKEN, "secret"), (ID, "a"), (SIGNATURE, "v1,AAAA")]), "is not signed");
    for signature in ["", " ", "v1", "v1,", "v2,AAAA", "AAAA", "v1,%%%"] {
        let verdict = signed(&both, "a", NOW, signature);
        assert!(verdict.is_err(), "{signature:?}");
    }
}

#[test]
fn what_is_no_signing_token_is_told_so() {
    for text in ["", "whsec_", "whsec_AAAA", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_%%"] {
        assert_eq!(text.parse::<SigningKey>().unwrap_err(), NoKey, "{text}");
    }
    assert_eq!(format!("{:?}", KEY.parse::<SigningKey>().unwrap()), "SigningKey", "nothing is shown of it");
}
