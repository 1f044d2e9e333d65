//! The records on disk: what each thing looks like in the file, apart from what it is in the house, so that either may change
//! without the other. A record names its tenant only by its key.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::KeyDigest;
use super::manifest_record::ManifestRecord;
use super::{
    ApiKey, Audience, AudienceName, Campaign, CampaignState, ChannelSettings, KeyId, Module, NamedMapping, Published,
    RegisteredSource, Role, Secret, Source, Suspended, Tenant,
};
use crate::domain::{
    CampaignName, ChannelName, Json, MappingName, ModuleDigest, Revision, SourceId, TenantId, Timestamp,
};
use crate::mappings::Mapping;
use crate::policy::TenantPolicy;
use crate::settings::Settings;

/// A record that says something that cannot be.
pub(super) type Damage = Box<dyn std::error::Error + Send + Sync>;

/// A thing that is kept as one row under its tenant and its name.
pub(super) trait Kept: Sized {
    /// Its form on disk.
    type Record: Serialize + DeserializeOwned;

    /// Its name within its tenant.
    fn name(&self) -> String;

    /// What is written.
    fn to_record(&self) -> Self::Record;

    /// What was written.
    fn from_record(tenant: &TenantId, record: Self::Record) -> Result<Self, Damage>;
}

#[derive(Serialize, Deserialize)]
pub(super) struct TenantRecord {
    pub(super) created_ms: i64,
    /// None where everything is as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Value>,
}

impl TenantRecord {
    /// What is written of a tenant itself.
    pub(super) fn of(tenant: &Tenant) -> Self {
        let policy = (**tenant.policy() != TenantPolicy::default()).then(|| tenant.policy().document());
        Self { created_ms: tenant.created_at.as_millis(), policy }
    }

    /// The tenant without what it has.
    pub(super) fn tenant(self, id: TenantId) -> Result<Tenant, Damage> {
        let mut tenant = Tenant::new(id, Timestamp::from_millis(self.created_ms));
        if let Some(policy) = self.policy {
            tenant.set_policy(TenantPolicy::read(&policy)?);
        }
        Ok(tenant)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct SourceRecord {
    source: String,
    token: String,
    secrets: Vec<String>,
    bearer: Option<String>,
    basic_key: Option<String>,
    created_ms: i64,
}

impl Kept for RegisteredSource {
    type Record = SourceRecord;

    fn name(&self) -> String {
        self.source.id.to_string()
    }

    fn to_record(&self) -> SourceRecord {
        let text = |secret: &Secret| secret.expose().to_owned();
        SourceRecord {
            source: self.source.id.to_string(),
            token: text(&self.source.token),
            secrets: self.source.secrets.iter().map(text).collect(),
            bearer: self.source.bearer.as_ref().map(text),
            basic_key: self.source.basic_key.as_ref().map(text),
            created_ms: self.created_at.as_millis(),
        }
    }

    fn from_record(tenant: &TenantId, record: SourceRecord) -> Result<Self, Damage> {
        let source = Source {
            tenant: tenant.clone(),
            id: SourceId::parse(&record.source)?,
            token: Secret::new(record.token),
            secrets: record.secrets.into_iter().map(Secret::new).collect(),
            bearer: record.bearer.map(Secret::new),
            basic_key: record.basic_key.map(Secret::new),
        };
        Ok(Self { source, created_at: Timestamp::from_millis(record.created_ms) })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeyRecord {
    id: String,
    name: String,
    role: String,
    sha256: String,
    created_ms: i64,
}

impl Kept for ApiKey {
    type Record = KeyRecord;

    fn name(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn to_record(&self) -> KeyRecord {
        KeyRecord {
            id: self.id.as_str().to_owned(),
            name: self.name.clone(),
            role: self.role.as_str().to_owned(),
            sha256: STANDARD_NO_PAD.encode(self.digest.0),
            created_ms: self.created_at.as_millis(),
        }
    }

    fn from_record(_: &TenantId, record: KeyRecord) -> Result<Self, Damage> {
        Ok(Self {
            id: KeyId::new(record.id),
            name: record.name,
            role: Role::parse(&record.role).ok_or_else(|| format!("role `{}` is not known", record.role))?,
            created_at: Timestamp::from_millis(record.created_ms),
            digest: key_digest(&STANDARD_NO_PAD.decode(&record.sha256)?)?,
            last_use: super::uses::LastUse::default(),
        })
    }
}

/// Reads a key's digest back.
pub(super) fn key_digest(bytes: &[u8]) -> Result<KeyDigest, Damage> {
    Ok(KeyDigest(bytes.try_into()?))
}

#[derive(Serialize, Deserialize)]
pub(super) struct ModuleRecord {
    module: String,
    bytes: u64,
    uploaded_ms: i64,
}

impl Kept for Module {
    type Record = ModuleRecord;

    fn name(&self) -> String {
        self.digest.to_string()
    }

    fn to_record(&self) -> ModuleRecord {
        ModuleRecord { module: self.digest.to_string(), bytes: self.bytes, uploaded_ms: self.uploaded_at.as_millis() }
    }

    fn from_record(_: &TenantId, record: ModuleRecord) -> Result<Self, Damage> {
        Ok(Self {
            digest: ModuleDigest::parse(&record.module)?,
            bytes: record.bytes,
            uploaded_at: Timestamp::from_millis(record.uploaded_ms),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct CampaignRecord {
    campaign: String,
    state: String,
    created_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_published_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspended: Option<SuspendedRecord>,
}

#[derive(Serialize, Deserialize)]
struct SuspendedRecord {
    at_ms: i64,
    reason: String,
}

/// A campaign without its revisions, which are rows of their own.
impl Kept for Campaign {
    type Record = CampaignRecord;

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn to_record(&self) -> CampaignRecord {
        CampaignRecord {
            campaign: self.name.to_string(),
            state: self.state.as_str().to_owned(),
            created_ms: self.created_at.as_millis(),
            first_published_ms: self.first_published_at.map(Timestamp::as_millis),
            suspended: self
                .suspended
                .as_ref()
                .map(|why| SuspendedRecord { at_ms: why.at.as_millis(), reason: why.reason.clone() }),
        }
    }

    fn from_record(_: &TenantId, record: CampaignRecord) -> Result<Self, Damage> {
        let state = CampaignState::parse(&record.state);
        Ok(Self {
            name: CampaignName::parse(&record.campaign)?,
            state: state.ok_or_else(|| format!("state `{}` is not known", record.state))?,
            created_at: Timestamp::from_millis(record.created_ms),
            first_published_at: record.first_published_ms.map(Timestamp::from_millis),
            suspended: record
                .suspended
                .map(|why| Suspended { at: Timestamp::from_millis(why.at_ms), reason: why.reason }),
            revisions: std::collections::BTreeMap::new(),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RevisionRecord {
    campaign: String,
    revision: u32,
    published_ms: i64,
    module: String,
    configuration: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<String>,
    manifest: ManifestRecord,
    component: String,
}

impl Kept for Published {
    type Record = RevisionRecord;

    /// A campaign's name holds no slash.
    fn name(&self) -> String {
        format!("{}/{:010}", self.campaign, self.revision.0)
    }

    fn to_record(&self) -> RevisionRecord {
        RevisionRecord {
            campaign: self.campaign.to_string(),
            revision: self.revision.0,
            published_ms: self.published_at.as_millis(),
            module: self.module.to_string(),
            configuration: self.configuration.as_str().to_owned(),
            settings: (*self.settings != Settings::default()).then(|| self.settings.document().to_string()),
            manifest: ManifestRecord::from(&*self.manifest),
            component: self.component.to_string(),
        }
    }

    fn from_record(_: &TenantId, record: RevisionRecord) -> Result<Self, Damage> {
        Ok(Self {
            campaign: CampaignName::parse(&record.campaign)?,
            revision: Revision(record.revision),
            published_at: Timestamp::from_millis(record.published_ms),
            module: ModuleDigest::parse(&record.module)?,
            configuration: Json::parse(&record.configuration)?,
            settings: settings(record.settings.as_deref())?.into(),
            manifest: Arc::new(record.manifest.restore()?),
            component: ModuleDigest::parse(&record.component)?,
        })
    }
}

fn settings(document: Option<&str>) -> Result<Settings, Damage> {
    let Some(document) = document else { return Ok(Settings::default()) };
    Ok(Settings::read(&Json::parse(document)?.value())?)
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChannelRecord {
    channel: String,
    provider: String,
    settings: String,
}

impl Kept for ChannelSettings {
    type Record = ChannelRecord;

    fn name(&self) -> String {
        self.channel.to_string()
    }

    fn to_record(&self) -> ChannelRecord {
        ChannelRecord {
            channel: self.channel.to_string(),
            provider: self.provider.clone(),
            settings: self.settings.as_str().to_owned(),
        }
    }

    fn from_record(_: &TenantId, record: ChannelRecord) -> Result<Self, Damage> {
        Ok(Self {
            channel: ChannelName::parse(&record.channel)?,
            provider: record.provider,
            settings: Json::parse(&record.settings)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct AudienceRecord {
    audience: String,
    condition: String,
    set_ms: i64,
}

impl Kept for Audience {
    type Record = AudienceRecord;

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn to_record(&self) -> AudienceRecord {
        AudienceRecord {
            audience: self.name.to_string(),
            condition: self.condition.as_str().to_owned(),
            set_ms: self.set_at.as_millis(),
        }
    }

    fn from_record(_: &TenantId, record: AudienceRecord) -> Result<Self, Damage> {
        Ok(Self {
            name: AudienceName::parse(&record.audience)?,
            condition: Json::parse(&record.condition)?,
            set_at: Timestamp::from_millis(record.set_ms),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MappingRecord {
    mapping: String,
    document: String,
    set_ms: i64,
}

impl Kept for NamedMapping {
    type Record = MappingRecord;

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn to_record(&self) -> MappingRecord {
        MappingRecord {
            mapping: self.name.to_string(),
            document: self.mapping.document().to_string(),
            set_ms: self.set_at.as_millis(),
        }
    }

    fn from_record(_: &TenantId, record: MappingRecord) -> Result<Self, Damage> {
        Ok(Self {
            name: MappingName::parse(&record.mapping)?,
            mapping: Mapping::read(&Json::parse(&record.document)?.value())?,
            set_at: Timestamp::from_millis(record.set_ms),
        })
    }
}
