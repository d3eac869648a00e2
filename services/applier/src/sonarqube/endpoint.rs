//! Every call this product makes to SonarQube: address, the right it needs, and how its list is paged.

/// One call of SonarQube's API.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// The path, which is its own template: ids travel in the query or the form.
    pub(super) route: &'static str,
    /// The right it needs, as SonarQube's pages name it.
    pub(super) right: &'static str,
    /// How its list is paged; not looked at where there is no list.
    pub(super) paging: Paging,
}

/// The names of the page parameters, and the most rows that one page may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub(super) index: &'static str,
    pub(super) size: &'static str,
    pub(super) rows: usize,
}

/// The first version of the API; permission lists refuse more than 100 rows a page.
const fn first(route: &'static str, right: &'static str, rows: usize) -> Endpoint {
    Endpoint { route, right, paging: Paging { index: "p", size: "ps", rows } }
}

/// The second version of the API refuses more than 500 rows a page.
const fn second(route: &'static str, right: &'static str) -> Endpoint {
    Endpoint { route, right, paging: Paging { index: "pageIndex", size: "pageSize", rows: 500 } }
}

const NO_RIGHT: &str = "sign in";
const ADMINISTER_SYSTEM: &str = "Administer System";
const CREATE_PROJECTS: &str = "Create Projects";
const ADMINISTER_PROJECT: &str = "Administer on the project itself";

pub(super) const STATUS: Endpoint = first("/api/system/status", NO_RIGHT, 0);
pub(super) const CURRENT_USER: Endpoint = first("/api/users/current", NO_RIGHT, 0);
pub(super) const SETTINGS: Endpoint = first("/api/settings/values", ADMINISTER_SYSTEM, 0);
pub(super) const PROJECTS: Endpoint = first("/api/projects/search", ADMINISTER_SYSTEM, 500);
pub(super) const HOLDERS: Endpoint = first("/api/permissions/users", ADMINISTER_SYSTEM, 100);
pub(super) const GROUP_HOLDERS: Endpoint = first("/api/permissions/groups", ADMINISTER_SYSTEM, 100);
pub(super) const GRANT_GROUP: Endpoint = first("/api/permissions/add_group", ADMINISTER_SYSTEM, 0);
pub(super) const REVOKE_GROUP: Endpoint = first("/api/permissions/remove_group", ADMINISTER_SYSTEM, 0);
pub(super) const GRANT: Endpoint = first("/api/permissions/add_user", ADMINISTER_SYSTEM, 0);
pub(super) const REVOKE: Endpoint = first("/api/permissions/remove_user", ADMINISTER_SYSTEM, 0);
/// Everything at once, without pages.
pub(super) const TEMPLATES: Endpoint = first("/api/permissions/search_templates", ADMINISTER_SYSTEM, 0);
pub(super) const TEMPLATE_GROUPS: Endpoint =
    first("/api/permissions/template_groups", ADMINISTER_SYSTEM, 100);
pub(super) const CREATE_TEMPLATE: Endpoint = first("/api/permissions/create_template", ADMINISTER_SYSTEM, 0);
pub(super) const DELETE_TEMPLATE: Endpoint = first("/api/permissions/delete_template", ADMINISTER_SYSTEM, 0);
pub(super) const FILL_USER: Endpoint = first("/api/permissions/add_user_to_template", ADMINISTER_SYSTEM, 0);
pub(super) const FILL_GROUP: Endpoint = first("/api/permissions/add_group_to_template", ADMINISTER_SYSTEM, 0);
pub(super) const CLOSE_TEMPLATE: Endpoint =
    first("/api/permissions/remove_group_from_template", ADMINISTER_SYSTEM, 0);
pub(super) const APPLY_TEMPLATE: Endpoint = first("/api/permissions/apply_template", ADMINISTER_SYSTEM, 0);
/// A system administrator without `admin` on the project is refused.
pub(super) const SET_VISIBILITY: Endpoint = first("/api/projects/update_visibility", ADMINISTER_PROJECT, 0);

pub(super) const USERS: Endpoint = second("/api/v2/users-management/users", ADMINISTER_SYSTEM);
pub(super) const GROUPS: Endpoint = second("/api/v2/authorizations/groups", ADMINISTER_SYSTEM);
pub(super) const MEMBERSHIPS: Endpoint =
    second("/api/v2/authorizations/group-memberships", ADMINISTER_SYSTEM);
pub(super) const BINDINGS: Endpoint = second("/api/v2/dop-translation/project-bindings", CREATE_PROJECTS);
pub(super) const DOP_SETTINGS: Endpoint = second("/api/v2/dop-translation/dop-settings", CREATE_PROJECTS);
