use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use access::{Policy, Preset, RoleMap, Rules};
use proto::{
    AccessLevel::{Developer, Guest, Maintainer, Owner, Planner, SecurityManager},
    Permission::{Admin, CodeViewer, User},
    PermissionSet, ProjectId,
};
use runtime::config::ConfigError;

use crate::settings::Settings;

const SHOP: ProjectId = ProjectId(4711);

/// The policy by a file with this text and by these variables.
fn policy(file: &str, environment: &[(&str, &str)]) -> Result<Policy, ConfigError> {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("guassp-access-{}-{number}.toml", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let settings = load(path.clone(), environment);
    std::fs::remove_file(path).unwrap();
    Ok(settings?.resolver()?.policy)
}

fn load(file: PathBuf, environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let environment = [&[("GITLAB_TOKEN", "glpat-1")], environment].concat();
    let owned = environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Settings::from(Some(file), owned.collect())
}

fn rules(policy: &Policy, path: &str) -> Rules {
    policy.rules_for(SHOP, path).unwrap()
}

#[test]
fn by_default_the_map_is_sonarqubes_and_nothing_is_skipped() {
    let policy = policy("", &[]).unwrap();
    assert_eq!(rules(&policy, "acme/shop"), Rules { roles: RoleMap::sonarqube(), visibility: true });
    assert!(policy.skip.is_empty() && policy.overrides.is_empty() && policy.warnings().is_empty());
}

#[test]
fn a_table_replaces_lines_of_the_preset() {
    let file = "[access]\nroles = \"guassp\"\nvisibility = false\n\
                [access.table]\nsecurity_manager = [\"user\", \"admin\"]\nplanner = []\n";
    let rules = rules(&policy(file, &[]).unwrap(), "acme/shop");
    let expected =
        RoleMap::guassp().with(SecurityManager, [User, Admin].into()).with(Planner, PermissionSet::EMPTY);
    assert_eq!(rules, Rules { roles: expected, visibility: false });
}

#[test]
fn an_override_changes_what_it_names() {
    let file = "[access.overrides.\"acme/secret\"]\nroles = \"guassp\"\ntable.developer = [\"user\"]\n\
                [access.overrides.4711]\nvisibility = false\n\
                [access.overrides.\"acme/other\"]\nscan = false\n";
    let policy = policy(file, &[]).unwrap();
    let secret = rules(&policy, "acme/secret/shop");
    let roles = RoleMap::guassp().with(Developer, [User].into());
    assert_eq!(secret, Rules { roles, visibility: false });
    let other = policy.rules_for(ProjectId(1), "acme/other/shop").unwrap();
    assert_eq!(other.roles, RoleMap::sonarqube().without(proto::Permission::Scan));
    assert!(other.visibility);
}

#[test]
fn the_environment_reaches_all_of_it() {
    let environment = [
        ("GUASSP_ACCESS__ROLES", "guassp"),
        ("GUASSP_ACCESS__SCAN", "false"),
        ("GUASSP_ACCESS__SKIP", "acme/legacy, 4712,/acme/Old/"),
        ("GUASSP_ACCESS__TABLE__DEVELOPER", "user, codeviewer"),
        ("GUASSP_ACCESS__TABLE__SECURITY_MANAGER", "user"),
        ("GUASSP_ACCESS__OVERRIDES__4711__ROLES", "sonarqube"),
        ("GUASSP_ACCESS__OVERRIDES__4711__TABLE__GUEST", "[]"),
    ];
    let policy = policy("", &environment).unwrap();
    assert_eq!(policy.everywhere.roles, Some(Preset::Guassp));
    assert_eq!(policy.everywhere.scan, Some(false));
    let lines = [(SecurityManager, [User].into()), (Developer, [User, CodeViewer].into())];
    assert_eq!(policy.everywhere.table, lines.into());
    let skip: Vec<_> = policy.skip.iter().map(ToString::to_string).collect();
    assert_eq!(skip, ["acme/legacy", "acme/old", "4712"]);
    let roles = rules(&policy, "acme/shop").roles;
    assert_eq!(roles.permissions(Guest), PermissionSet::EMPTY);
    assert!(roles.permissions(Maintainer).contains(Admin));
}

#[test]
fn a_file_skips_by_path_and_id() {
    let policy = policy("[access]\nskip = [\"acme/legacy\", \"4711\", 4712]\n", &[]).unwrap();
    let is_skipped = |id, path| policy.rules_for(ProjectId(id), path).is_err();
    assert!(is_skipped(1, "acme/legacy/deep/shop") && is_skipped(4711, "x/y") && is_skipped(4712, "x/y"));
    assert!(!is_skipped(1, "acme/shop"));
}

#[test]
fn what_is_wrong_is_one_line_that_names_the_known_ones() {
    let permissions = "known are user, codeviewer, issueadmin, securityhotspotadmin, scan, admin: ";
    let roles = "use one of guest, planner, reporter, security_manager, developer, maintainer, owner";
    for (file, start, known) in [
        (
            "[access.table]\nguest = [\"browse\"]",
            "access.table.guest has an unknown permission \"browse\"; ",
            permissions,
        ),
        ("[access.table]\nmaster = [\"user\"]", "access.table.master is no role that gives access: ", roles),
        (
            "[access.table]\nminimal = [\"user\"]",
            "access.table.minimal is no role that gives access: ",
            roles,
        ),
        (
            "[access.overrides.\"acme/x\"]\ntable.boss = []",
            "access.overrides.\"acme/x\".table.boss is no role that gives access: ",
            roles,
        ),
        (
            "[access]\nskip = [\"https://gitlab.example.com/acme\"]",
            "access.skip has the entry \"https:",
            "acme/legacy",
        ),
        ("[access.overrides.\"acme web\"]\n", "access.overrides.\"acme web\" has the entry", "acme/legacy"),
        (
            "[access.overrides.\"acme/x\"]\n[access.overrides.\"Acme/x\"]\n",
            "access.overrides.\"acme/x\" is there twice",
            "once",
        ),
        ("[access]\nroles = \"gitlab\"", "access.roles is wrong (", "`sonarqube` or `guassp`"),
        ("[access.overrides.\"acme/x\"]\nskip = true", "access.overrides.acme/x.skip is wrong (", "table"),
    ] {
        let error = policy(file, &[]).unwrap_err().to_string();
        assert!(error.starts_with(start) && error.contains(known) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_is_wrong_in_the_environment_names_the_known_ones_too() {
    for (variable, start, known) in [
        (("GUASSP_ACCESS__TABLE__BOSS", "user"), "access.table.boss is no role that gives access", "owner"),
        (("GUASSP_ACCESS__TABLE__OWNER", "user,browse"), "access.table.owner has an unknown", "scan, admin"),
        (("GUASSP_ACCESS__SKIP", "acme//x"), "access.skip has the entry \"acme//x\"", "acme/legacy"),
        (("GUASSP_ACCESS__SCAN", "never"), "GUASSP_ACCESS__SCAN is wrong", "a boolean"),
    ] {
        let error = policy("", &[variable]).unwrap_err().to_string();
        assert!(error.starts_with(start) && error.contains(known) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_promotion_that_takes_permissions_is_a_warning_and_no_error() {
    let file = "[access.table]\nguest = [\"user\", \"scan\"]\nowner = [\"user\"]\n";
    let warnings = policy(file, &[]).unwrap().warnings();
    assert_eq!(
        warnings,
        [
            "in [access.table] the role reporter has less than the lower role guest: it lacks scan",
            "in [access.table] the role owner has less than the lower role maintainer: it lacks codeviewer, \
             issueadmin, securityhotspotadmin, scan, admin",
        ]
    );
}

#[test]
fn what_is_in_force_is_shown_as_it_is_read() {
    let file = "[access]\nskip = [\"acme/legacy\", 4711]\n[access.table]\nowner = [\"admin\"]\n\
                [access.overrides.\"acme/secret\"]\ntable.guest = [\"user\"]\nscan = false\n";
    let path = std::env::temp_dir().join(format!("guassp-access-{}-shown.toml", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let shown = toml::to_string(&load(path.clone(), &[]).unwrap()).unwrap();
    std::fs::remove_file(path).unwrap();
    let again = policy(&shown.replace("********", "glpat-1"), &[]).unwrap();
    assert_eq!(again, policy(file, &[]).unwrap());
    assert_eq!(again.everywhere.table[&Owner], [Admin].into());
    assert!(rules_of(&again, "acme/secret/x").permissions(Guest).contains(User));
}

fn rules_of(policy: &Policy, path: &str) -> RoleMap {
    policy.rules_for(ProjectId(1), path).unwrap().roles
}
