use super::*;

/// The peer, the lines of `X-Forwarded-For`, and the client's address and whether it is attested.
type Case<'a> = (&'a str, &'a [&'a [u8]], (&'a str, bool));

fn networks(viewer: &[&str], operator: &[&str], proxies: &[&str]) -> Networks {
    let parse = |list: &[&str]| list.iter().map(|network| network.parse().unwrap()).collect();
    Networks::new(Allow { viewer: parse(viewer), operator: parse(operator) }, parse(proxies))
}

fn client(networks: &Networks, peer: &str, lines: &[&[u8]]) -> (String, bool) {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(FORWARDED_FOR, axum::http::HeaderValue::from_bytes(line).unwrap());
    }
    let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 50_000));
    let Client { address, attested } = networks.client(peer, &headers);
    (address.to_string(), attested)
}

#[test]
fn only_what_trusted_proxies_added_names_the_client() {
    let networks = networks(&[], &[], &["10.0.0.0/8", "fd00::/8"]);
    let unknown = ("10.0.0.1", false);
    let cases: &[Case<'_>] = &[
        // Nobody's word counts but a trusted proxy's.
        ("203.0.113.9", &[], ("203.0.113.9", true)),
        ("203.0.113.9", &[b"10.1.1.1"], ("203.0.113.9", true)),
        ("203.0.113.9", &[b"nonsense"], ("203.0.113.9", true)),
        ("10.0.0.1", &[b"198.51.100.7"], ("198.51.100.7", true)),
        // From the right: what stands before the first stranger was written by that stranger.
        ("10.0.0.1", &[b"192.168.0.1, 198.51.100.7"], ("198.51.100.7", true)),
        ("10.0.0.1", &[b"192.168.0.1, 198.51.100.7, 10.2.2.2"], ("198.51.100.7", true)),
        ("10.0.0.1", &[b"nonsense,198.51.100.7 ,10.2.2.2"], ("198.51.100.7", true)),
        ("10.0.0.1", &[b"\xff\xfe", b"198.51.100.7"], ("198.51.100.7", true)),
        // Lines are one list, in their order.
        ("10.0.0.1", &[b"192.168.0.1", b"198.51.100.7", b"10.2.2.2"], ("198.51.100.7", true)),
        ("10.0.0.1", &[b"198.51.100.7,10.2.2.2", b"10.3.3.3"], ("198.51.100.7", true)),
        // All are trusted: the first of them.
        ("10.0.0.1", &[b"10.4.4.4, 10.2.2.2"], ("10.4.4.4", true)),
        // Missing, or not to be read where it counts.
        ("10.0.0.1", &[], unknown),
        ("10.0.0.1", &[b""], unknown),
        ("10.0.0.1", &[b"unknown"], unknown),
        ("10.0.0.1", &[b"198.51.100.7,"], unknown),
        ("10.0.0.1", &[b"198.51.100.7, _hidden"], unknown),
        ("10.0.0.1", &[b"198.51.100.7, nonsense, 10.2.2.2"], unknown),
        ("10.0.0.1", &[b"198.51.100.7", b"\xff"], unknown),
        ("10.0.0.1", &[b"198.51.100.7 10.2.2.2"], unknown),
        ("10.0.0.1", &[b"198.51.100.777"], unknown),
        ("10.0.0.1", &[b"nonsense, 10.2.2.2"], unknown),
        // Ports, brackets, and IPv4 written as IPv6.
        ("10.0.0.1", &[b"198.51.100.7:4711"], ("198.51.100.7", true)),
        ("10.0.0.1", &[b"[2001:db8::7]:4711, [fd00::2]"], ("2001:db8::7", true)),
        ("fd00::1", &[b"2001:db8::7"], ("2001:db8::7", true)),
        ("::ffff:10.0.0.1", &[b"::ffff:198.51.100.7, ::ffff:10.2.2.2"], ("198.51.100.7", true)),
        ("::ffff:203.0.113.9", &[b"10.1.1.1"], ("203.0.113.9", true)),
    ];
    for (peer, lines, expected) in cases {
        let (address, attested) = client(&networks, peer, lines);
        assert_eq!((address.as_str(), attested), *expected, "{peer} {lines:?}");
    }
}

#[test]
fn a_network_gives_its_role_to_the_clients_that_are_known() {
    let networks = networks(&["192.168.0.0/16", "2001:db8::/32"], &["192.168.7.0/24", "127.0.0.1/32"], &[]);
    let role =
        |address: &str, attested| networks.role(Client { address: address.parse().unwrap(), attested });
    assert_eq!(role("192.168.1.1", true), Some(Role::Viewer));
    assert_eq!(role("2001:db8::1", true), Some(Role::Viewer));
    assert_eq!(role("192.168.7.1", true), Some(Role::Operator));
    assert_eq!(role("127.0.0.1", true), Some(Role::Operator));
    assert_eq!(role("127.0.0.2", true), None);
    assert_eq!(role("192.168.7.1", false), None);
}

#[test]
fn with_nothing_configured_nobody_is_trusted() {
    let networks = networks(&[], &[], &[]);
    assert_eq!(client(&networks, "127.0.0.1", &[b"10.0.0.1"]), ("127.0.0.1".to_owned(), true));
    assert_eq!(networks.role(Client { address: [127, 0, 0, 1].into(), attested: true }), None);
}
