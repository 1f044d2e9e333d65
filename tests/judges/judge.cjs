// Has Segment's own destinations send what the cases of `tests/fixtures/judged` describe, and writes down what they sent.
//
// They judge where the provider publishes no package for servers, or one that sends what it is given: Segment's code is in
// production with all of them.
// Run by `cargo xtask judge`, which sets up what `package-lock.json` pins.

const fs = require('node:fs')
const http = require('node:http')
const https = require('node:https')
const path = require('node:path')

const { Destination } = require('@segment/actions-core')

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'judged')
const PACKAGE = '@segment/action-destinations'
// The headers of a request by which a provider judges it; the others are about the library that sends it.
const HEADERS = ['authorization', 'content-type', 'x-batch-project', 'x-braze-batch']
// Who a request was for, which only the one who led it elsewhere knows.
const ADDRESSED_TO = 'x-addressed-to'

const ids = (message) => ({
  rekindle_message: message.id,
  rekindle_campaign: message.campaign,
  rekindle_step: message.step,
  rekindle_profile: message.profile
})

// What a template or an event is told.
const properties = ({ content }, message) => {
  const texts = Object.entries(content).filter(([, value]) => typeof value === 'string')
  return { ...Object.fromEntries(texts), ...content.data, ...ids(message) }
}

// For each recording: Segment's name of the destination, and what its settings and its actions are told of a case.
const JUDGES = {
  batch: {
    destination: 'batch',
    settings: ({ api_key, project_key }) => ({ apiToken: api_key, projectKey: project_key }),
    actions: {
      updateProfile: (given, message) => ({
        identifiers: { custom_id: message.user_id },
        eventName: given.content.batch.event,
        eventAttributes: properties(given, message)
      })
    }
  },
  braze: {
    destination: 'braze',
    settings: ({ api_key }) => ({ api_key, app_id: '', endpoint: 'https://rest.iad-01.braze.com' }),
    actions: {
      triggerCampaign: (given, message) => ({
        ...given.content.braze,
        recipients: [{ external_user_id: message.user_id, trigger_properties: properties(given, message) }]
      }),
      triggerCanvas: (given, message) => ({
        ...given.content.braze,
        recipients: [{ external_user_id: message.user_id, canvas_entry_properties: properties(given, message) }]
      }),
      trackEvent: (given, message) => ({
        external_id: message.user_id,
        name: given.content.braze.event,
        time: message.promised_at,
        properties: properties(given, message),
        _update_existing_only: true,
        enable_batching: false
      })
    }
  },
  'customer-io-events': {
    destination: 'customerio',
    settings: ({ site_id, api_key }) => ({ siteId: site_id, apiKey: api_key, accountRegion: 'US 🇺🇸' }),
    actions: {
      trackEvent: (given, message) => ({
        id: message.user_id,
        name: given.settings.event,
        event_id: given.event_id,
        timestamp: message.promised_at,
        data: properties(given, message)
      })
    }
  },
  'facebook-bodies': {
    destination: 'facebook-custom-audiences',
    settings: ({ access_token }) => ({ access_token, retlAdAccountId: '1' }),
    // Segment's words for a row of a warehouse that came, or went.
    event: ({ content }) => ({ type: 'track', event: content.action === 'add' ? 'new' : 'deleted' }),
    actions: {
      sync: (given, message) => ({
        __segment_internal_sync_mode: 'mirror',
        external_audience_id: given.content.audience,
        externalId: message.user_id,
        email: message.email,
        phone: message.phone,
        name: { first: given.content.facebook.first_name },
        enable_batching: true,
        batch_size: 200
      })
    }
  },
  'sendgrid-lists': {
    destination: 'sendgrid-audiences',
    settings: ({ api_key }) => ({ sendGridApiKey: api_key }),
    actions: {
      syncAudience: (given, message) => ({
        segment_computation_action: 'audience',
        segment_audience_key: given.content.audience,
        traits_or_props: { [given.content.audience]: true },
        external_audience_id: given.settings.list,
        identifiers: { email: message.email, external_id: message.user_id },
        enable_batching: true
      })
    }
  }
}

function record(sent) {
  const server = http.createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const [where, query] = request.url.split('?')
    const headers = Object.fromEntries(HEADERS.filter((name) => request.headers[name]).map((name) => [name, request.headers[name]]))
    sent.push({
      method: request.method,
      url: request.headers[ADDRESSED_TO] + where,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers,
      body: JSON.parse(Buffer.concat(chunks).toString())
    })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

// Whatever is asked for over TLS, wherever it is, goes to this server.
function leadTo(server) {
  https.request = ({ path, method, headers, hostname, host }, answered) => {
    const addressed = { ...headers, [ADDRESSED_TO]: `https://${hostname ?? host}` }
    return http.request({ host: '127.0.0.1', port: server.address().port, path, method, headers: addressed }, answered)
  }
}

// As it does for many people, where it can.
function perform(judging, action, { event, ...told }) {
  return judging.actions[action].hasBatchSupport
    ? judging.executeBatch(action, { events: [event], ...told })
    : judging.executeAction(action, { event, ...told })
}

async function judge(recording, { destination, settings, event, actions }, message, sent) {
  const file = path.join(FIXTURES, `${recording}.json`)
  const { cases } = JSON.parse(fs.readFileSync(file))
  const judging = new Destination(require(`${PACKAGE}/dist/destinations/${destination}`).default)
  for (const given of cases) {
    sent.length = 0
    await perform(judging, given.call, {
      event: event?.(given) ?? { type: 'track' },
      mapping: actions[given.call](given, message),
      settings: settings(given.settings),
      auth: { accessToken: given.settings.access_token }
    })
    given.sent = [...sent]
  }
  const judge = { registry: 'npm', package: PACKAGE, version: require(`${PACKAGE}/package.json`).version }
  fs.writeFileSync(file, JSON.stringify({ judge, again: 'cargo xtask judge', cases }, null, 2) + '\n')
  console.log(`${recording}: ${PACKAGE} ${judge.version}`)
}

async function main() {
  const message = JSON.parse(fs.readFileSync(path.join(FIXTURES, 'message.json')))
  const sent = []
  const server = await record(sent)
  leadTo(server)
  for (const [recording, how] of Object.entries(JUDGES)) await judge(recording, how, message, sent)
  server.close()
}

main()
