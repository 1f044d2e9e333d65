//! Templates: what a tenant says over a channel, under a name, each change a version. What a text means, the renderer knows.

use std::sync::Arc;

use super::{Tenant, TenantsError};
use crate::domain::{ChannelName, TemplateName, Timestamp, limits};

/// Which template: of which channel, under which name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateKey {
    /// The channel.
    pub channel: ChannelName,
    /// The name, the channel's own.
    pub name: TemplateName,
}

/// One version of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Which.
    pub key: TemplateKey,
    /// From 1.
    pub version: u32,
    /// What it says.
    pub text: Arc<str>,
    /// Since when.
    pub set_at: Timestamp,
}

impl std::fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.channel, self.name)
    }
}

impl Template {
    /// Whether a template may have so much text.
    pub fn check_text(key: &TemplateKey, text: &str) -> Result<(), TenantsError> {
        if text.len() > limits::TEMPLATE_BYTES_MAX {
            let rule = format!("use at most {} bytes", limits::TEMPLATE_BYTES_MAX);
            return Err(TenantsError::Invalid { what: format!("template `{key}`"), rule });
        }
        Ok(())
    }
}

impl Tenant {
    /// The newest version of each template, by channel and name.
    pub fn templates(&self) -> impl Iterator<Item = &Arc<Template>> {
        let mut versions = self.templates.values().peekable();
        std::iter::from_fn(move || {
            let mut newest = versions.next()?;
            while let Some(newer) = versions.next_if(|next| next.key == newest.key) {
                newest = newer;
            }
            Some(newest)
        })
    }

    /// All versions of a template, the oldest first.
    pub fn template_versions(&self, key: &TemplateKey) -> impl DoubleEndedIterator<Item = &Arc<Template>> {
        self.templates.range((key.clone(), 0)..=(key.clone(), u32::MAX)).map(|(_, template)| template)
    }

    /// A version of a template, the newest where none is named.
    pub fn template(&self, key: &TemplateKey, version: Option<u32>) -> Result<&Arc<Template>, TenantsError> {
        let found = match version {
            Some(version) => self.templates.get(&(key.clone(), version)),
            None => self.template_versions(key).next_back(),
        };
        found.ok_or_else(|| {
            let name = version.map_or_else(|| key.to_string(), |version| format!("{key} version {version}"));
            TenantsError::NotFound { what: "template", name, next: "`template list` shows those there are" }
        })
    }

    /// Sets what a template says from now on. What it says already is no new version.
    pub fn set_template(
        &mut self,
        key: TemplateKey,
        text: Arc<str>,
        set_at: Timestamp,
    ) -> Result<Arc<Template>, TenantsError> {
        Template::check_text(&key, &text)?;
        let newest = self.template_versions(&key).next_back();
        if let Some(same) = newest.filter(|newest| newest.text == text) {
            return Ok(Arc::clone(same));
        }
        let version = newest.map_or(0, |newest| newest.version) + 1;
        self.make_room_for(&key, version, text.len())?;
        let template = Arc::new(Template { key: key.clone(), version, text, set_at });
        self.templates.insert((key, version), Arc::clone(&template));
        Ok(template)
    }

    /// Removes a template with all its versions: from now on its name is the provider's to know.
    pub fn remove_template(&mut self, key: &TemplateKey) -> Result<(), TenantsError> {
        self.template(key, None)?;
        self.templates.retain(|(of, _), _| of != key);
        Ok(())
    }

    fn make_room_for(&mut self, key: &TemplateKey, version: u32, bytes: usize) -> Result<(), TenantsError> {
        if version == 1 && self.templates().count() >= limits::TEMPLATES_MAX {
            let next = "remove one that no message names";
            return Err(TenantsError::LimitReached { what: "templates", max: limits::TEMPLATES_MAX, next });
        }
        let oldest_kept = (version + 1).saturating_sub(limits::TEMPLATE_VERSIONS_MAX);
        self.templates.retain(|(of, version), _| of != key || *version >= oldest_kept);
        if bytes + self.templates.values().map(|template| template.text.len()).sum::<usize>()
            > limits::TEMPLATES_BYTES_MAX
        {
            let next = "remove templates that no message names";
            return Err(TenantsError::LimitReached {
                what: "bytes of templates",
                max: limits::TEMPLATES_BYTES_MAX,
                next,
            });
        }
        Ok(())
    }
}
