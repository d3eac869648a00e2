use secrecy::ExposeSecret;

use super::*;

/// The SHA-256 of `guassp_secret`, as `sha256sum` says it.
const SECRET: &str = "f1451f6f8c489884f68b337db8a5d60e7d6d69aefb9130427d288f206f0b5454";
const OTHER: &str = "0000000000000000000000000000000000000000000000000000000000000001";

fn owner(tokens: &str, presented: &str) -> Option<(String, Role)> {
    let person = tokens.parse::<PersonTokens>().unwrap().owner(&SecretString::from(presented))?;
    Some((person.name, person.role))
}

#[test]
fn a_token_belongs_to_whoever_has_its_hash() {
    let tokens = format!("bob:operator:{OTHER},ann@example.com:viewer:{SECRET}");
    assert_eq!(owner(&tokens, "guassp_secret"), Some(("ann@example.com".to_owned(), Role::Viewer)));
    for wrong in ["guassp_secreT", "guassp_secret ", "guassp_", "", SECRET, OTHER] {
        assert_eq!(owner(&tokens, wrong), None, "{wrong}");
    }
    assert_eq!(owner("", "guassp_secret"), None);
}

#[test]
fn entries_are_separated_by_commas_spaces_or_line_ends() {
    let hash = |digit: char| digit.to_string().repeat(64);
    let text = format!(
        "a:viewer:{}, b:viewer:{}\r\nc:operator:{}\n\n d:viewer:{SECRET},\n",
        hash('A'),
        hash('b'),
        hash('c')
    );
    let tokens: PersonTokens = text.parse().unwrap();
    assert_eq!(tokens.0.iter().map(|token| token.name.as_str()).collect::<String>(), "abcd");
    assert!(owner(&text, "guassp_secret").is_some());
}

#[test]
fn a_wrong_entry_is_told_by_number_and_name_and_never_shows_a_hash_or_a_token() {
    for (entry, says) in [
        (format!("bob:admin:{SECRET}"), "entry 2 (bob) has a role that is neither viewer nor operator"),
        (format!("bob:Viewer:{SECRET}"), "entry 2 (bob) has a role"),
        (format!("bob:viewer:{SECRET}0"), "entry 2 (bob) has a hash that is not 64 hexadecimal digits"),
        ("bob:viewer:guassp_secret".to_owned(), "entry 2 (bob) has a hash"),
        ("bob:viewer:".to_owned(), "entry 2 (bob) has a hash"),
        (format!("bob:viewer:{SECRET}:x"), "entry 2 (bob) is not of the form name:role:sha256"),
        (format!("bob:{SECRET}"), "entry 2 (bob) is not of the form"),
        (SECRET.to_owned(), "entry 2 is not of the form"),
        ("guassp_secret".to_owned(), "entry 2 is not of the form"),
        (format!("{SECRET}:viewer:bob"), "entry 2 has a name"),
        (format!("guassp_secret:viewer:{SECRET}"), "entry 2 has a name"),
        (format!(":viewer:{SECRET}"), "entry 2 has a name that is not 1 to 64 letters"),
        (format!("{}:viewer:{SECRET}", "x".repeat(65)), "entry 2 has a name"),
        (format!("böb:viewer:{SECRET}"), "entry 2 has a name"),
        (format!("ann:operator:{SECRET}"), "entry 2 (ann) has the name of an earlier entry"),
        (format!("bob:operator:{OTHER}"), "entry 2 (bob) has the token of an earlier entry"),
    ] {
        let error = format!("ann:viewer:{OTHER} {entry}").parse::<PersonTokens>().unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
        assert!(!error.contains(SECRET) && !error.contains("secret"), "{error}");
    }
}

#[test]
fn an_issued_token_is_good_for_its_entry_and_no_two_are_alike() {
    let (token, entry) = PersonToken::issue("ann", Role::Operator).unwrap();
    let random = token.expose_secret().strip_prefix("guassp_").unwrap();
    assert_eq!(BASE64URL_NOPAD.decode(random.as_bytes()).unwrap().len(), 32);
    assert_eq!(random.len(), 43);
    assert_eq!(owner(&entry.to_string(), token.expose_secret()), Some(("ann".to_owned(), Role::Operator)));
    let (other, _) = PersonToken::issue("ann", Role::Operator).unwrap();
    assert_ne!(token.expose_secret(), other.expose_secret());
    assert_eq!(PersonToken::issue("a b", Role::Viewer).unwrap_err(), Wrong::Name);
}

#[test]
fn debug_shows_no_hash() {
    let tokens: PersonTokens = format!("ann:viewer:{SECRET}").parse().unwrap();
    let shown = format!("{tokens:?}");
    assert!(shown.contains("ann") && !shown.contains(SECRET), "{shown}");
    assert!(!shown.contains(&format!("{:?}", tokens.0[0].hash)), "{shown}");
}

#[test]
fn an_operator_may_do_what_a_viewer_may() {
    assert!(Role::Operator > Role::Viewer);
}
