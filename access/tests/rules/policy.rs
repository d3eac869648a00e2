//! Which rules hold for which project.

use std::collections::BTreeMap;

use access::{Layer, Policy, Preset, RoleMap, Rules, Scope};
use proto::{
    AccessLevel::{self, Developer, Guest, Maintainer, Owner, Reporter},
    Permission::{Admin, IssueAdmin, Scan, User},
    PermissionSet, ProjectId,
};

const SHOP: ProjectId = ProjectId(4711);

fn scope(text: &str) -> Scope {
    text.parse().expect("a path or an id")
}

fn overrides<const N: usize>(layers: [(&str, Layer); N]) -> Policy {
    let overrides = layers.into_iter().map(|(text, layer)| (scope(text), layer)).collect();
    Policy { overrides, ..Policy::default() }
}

fn table<const N: usize>(lines: [(AccessLevel, PermissionSet); N]) -> Layer {
    Layer { table: lines.into(), ..Layer::default() }
}

fn rules(policy: &Policy, path: &str) -> Rules {
    policy.rules_for(SHOP, path).expect("it is synchronised")
}

fn roles(preset: Preset) -> Layer {
    Layer { roles: Some(preset), ..Layer::default() }
}

#[test]
fn without_settings_the_map_of_sonarqube_holds_and_visibility_follows() {
    let expected = Rules { roles: RoleMap::sonarqube(), visibility: true };
    assert_eq!(rules(&Policy::default(), "acme/shop"), expected);
}

#[test]
fn lines_of_an_own_map_replace_the_presets() {
    let everywhere = Layer { roles: Some(Preset::Guassp), ..table([(Reporter, [User, IssueAdmin].into())]) };
    let rules = rules(&Policy { everywhere, ..Policy::default() }, "acme/shop");
    let shown = [Guest, Reporter, AccessLevel::SecurityManager, Developer]
        .map(|level| format!("{level}: {}", rules.roles.permissions(level)));
    insta::assert_snapshot!(shown.join("\n"), @r"
    guest: user
    reporter: user, issueadmin
    security manager: user, issueadmin
    developer: user, codeviewer, issueadmin
    ");
}

#[test]
fn scan_can_be_kept_from_every_role_whatever_the_table_says() {
    let everywhere = Layer { scan: Some(false), ..table([(Owner, [Scan, Admin].into())]) };
    let rules = rules(&Policy { everywhere, ..Policy::default() }, "acme/shop");
    let gives_scan = |level: &AccessLevel| rules.roles.permissions(*level).contains(Scan);
    assert!(!AccessLevel::ALL.iter().any(gives_scan));
    assert_eq!(rules.roles.permissions(Owner), [Admin].into());
}

#[test]
fn an_override_holds_for_the_projects_below_it_and_no_others() {
    let policy = overrides([("acme/secret", Layer { visibility: Some(false), ..Layer::default() })]);
    for (path, follows) in [
        ("acme/secret/shop", false),
        ("acme/secret/web/deep/shop", false),
        ("Acme/Secret/shop", false),
        ("acme/secret", false),
        ("acme/secrets/shop", true),
        ("acme/shop", true),
        ("other/acme/secret/shop", true),
    ] {
        assert_eq!(rules(&policy, path).visibility, follows, "{path}");
    }
}

#[test]
fn the_nearest_override_wins_key_by_key() {
    let policy = overrides([
        (
            "acme",
            Layer {
                visibility: Some(false),
                scan: Some(false),
                roles: Some(Preset::Guassp),
                ..table([(Developer, [User].into())])
            },
        ),
        ("acme/web", Layer { scan: Some(true), ..roles(Preset::Sonarqube) }),
        ("acme/web/shop", table([(Developer, [User, Scan].into())])),
    ]);
    let seen = |path| {
        let Rules { roles, visibility } = rules(&policy, path);
        let [developer, maintainer] =
            [Developer, Maintainer].map(|level| roles.permissions(level).to_string());
        format!("{path}: {developer}; {maintainer}; {visibility}")
    };
    insta::assert_snapshot!(["acme/x", "acme/web/x", "acme/web/shop", "other/x"].map(seen).join("\n"), @r"
    acme/x: user; user, codeviewer, issueadmin, securityhotspotadmin; false
    acme/web/x: user; user, codeviewer, issueadmin, securityhotspotadmin, scan, admin; false
    acme/web/shop: user, scan; user, codeviewer, issueadmin, securityhotspotadmin, scan, admin; false
    other/x: user, codeviewer, issueadmin, securityhotspotadmin, scan; user, codeviewer, issueadmin, securityhotspotadmin, scan, admin; true
    ");
}

#[test]
fn a_projects_id_is_nearer_than_its_path_and_that_nearer_than_any_group() {
    let visible = |visibility| Layer { visibility: Some(visibility), ..Layer::default() };
    let by_path = overrides([("acme", visible(true)), ("acme/shop", visible(false))]);
    assert!(!rules(&by_path, "acme/shop").visibility);
    let by_id = overrides([("acme/shop", visible(true)), ("4711", visible(false)), ("4712", visible(true))]);
    assert!(!rules(&by_id, "acme/shop").visibility);
    assert!(!rules(&by_id, "moved/away").visibility, "wherever it moves");
}

#[test]
fn a_skipped_project_is_told_which_setting_says_so() {
    let skip = ["acme/legacy", "4711"].map(scope).into();
    let policy = Policy { skip, ..Policy::default() };
    let reason = |id, path| policy.rules_for(ProjectId(id), path).err().map(|skipped| skipped.to_string());
    assert_eq!(
        reason(1, "Acme/legacy/deep/shop").unwrap(),
        "the setting access.skip has the entry \"acme/legacy\", so this project is not synchronised"
    );
    assert!(reason(4711, "acme/shop").unwrap().contains("entry \"4711\""));
    assert_eq!((reason(1, "acme/legacy2/shop"), reason(1, "acme/shop")), (None, None));
}

#[test]
fn a_higher_role_with_less_is_a_warning_that_names_the_table() {
    let mut policy = overrides([
        ("acme/secret", table([(Maintainer, [User].into())])),
        ("acme/secret/web", roles(Preset::Sonarqube)),
        ("acme/fine", Layer { scan: Some(false), ..Layer::default() }),
    ]);
    assert_eq!(
        policy.warnings(),
        [
            "in [access.overrides.\"acme/secret\"] the role maintainer has less than the lower role developer: it \
             lacks codeviewer, issueadmin, securityhotspotadmin, scan",
            "in [access.overrides.\"acme/secret/web\"] the role maintainer has less than the lower role developer: it \
             lacks codeviewer, issueadmin, securityhotspotadmin, scan",
        ]
    );
    policy.overrides = BTreeMap::new();
    assert_eq!(policy.warnings(), Vec::<String>::new());
    policy.everywhere = table([(Guest, [User, Admin].into())]);
    assert_eq!(
        policy.warnings(),
        ["in [access.table] the role reporter has less than the lower role guest: it lacks admin"]
    );
}
