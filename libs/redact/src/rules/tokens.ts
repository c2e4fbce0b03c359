// Tokens: secrets that their makers begin with letters of their own, and keys and credentials that have a form.
import type { NeedleRule, Span } from "../rule.ts"

interface Token {
  readonly name: string
  readonly of: string
  /** What it begins with, as written; the longest that all of its kind have. */
  readonly prefixes: ReadonlyArray<string>
  /** The whole of it, from its prefix on. */
  readonly form: RegExp
}

/** Forms as their makers document them, or as their own examples look. */
const tokens: ReadonlyArray<Token> = [
  {
    name: "aws-access-key",
    of: "AWS",
    prefixes: ["AKIA", "ASIA", "ABIA", "ACCA"],
    form: /A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}/y
  },
  {
    name: "github-token",
    of: "GitHub",
    prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    form: /gh[pousr]_[A-Za-z0-9]{30,255}/y
  },
  { name: "github-token", of: "GitHub", prefixes: ["github_pat_"], form: /github_pat_\w{20,255}/y },
  {
    name: "gitlab-token",
    of: "GitLab",
    prefixes: ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"],
    form: /gl(?:pat|dt|rt|cbt|ptt)-[\w.-]{16,255}/y
  },
  {
    name: "slack-token",
    of: "Slack",
    prefixes: ["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xoxc-", "xoxd-", "xapp-"],
    form: /x(?:ox[a-z]|app)-[\w%-]{10,400}/y
  },
  {
    name: "slack-webhook",
    of: "Slack",
    prefixes: ["hooks.slack.com/services/"],
    form: /hooks\.slack\.com\/services\/[\w/]{20,100}/y
  },
  {
    name: "stripe-key",
    of: "Stripe",
    prefixes: ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
    form: /(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,255}/y
  },
  { name: "google-key", of: "Google", prefixes: ["AIza"], form: /AIza[\w-]{35}/y },
  { name: "google-token", of: "Google", prefixes: ["ya29.", "GOCSPX-"], form: /(?:ya29\.|GOCSPX-)[\w-]{20,512}/y },
  { name: "npm-token", of: "npm", prefixes: ["npm_"], form: /npm_[A-Za-z0-9]{36}/y },
  { name: "pypi-token", of: "PyPI", prefixes: ["pypi-AgE"], form: /pypi-AgE[\w-]{40,400}/y },
  { name: "sendgrid-key", of: "SendGrid", prefixes: ["SG."], form: /SG\.[\w-]{16,40}\.[\w-]{16,80}/y },
  {
    name: "ai-key",
    of: "OpenAI, Anthropic and others",
    prefixes: ["sk-"],
    form: /sk-(?:proj-|ant-|svcacct-|admin-|or-v1-)?[\w-]{20,255}/y
  },
  { name: "huggingface-token", of: "Hugging Face", prefixes: ["hf_"], form: /hf_[A-Za-z0-9]{30,60}/y },
  {
    name: "digitalocean-token",
    of: "DigitalOcean",
    prefixes: ["dop_v1_", "doo_v1_", "dor_v1_"],
    form: /do[opr]_v1_[a-f0-9]{64}/y
  },
  { name: "vault-token", of: "HashiCorp Vault", prefixes: ["hvs.", "hvb.", "hvr."], form: /hv[sbr]\.[\w-]{20,300}/y },
  { name: "databricks-token", of: "Databricks", prefixes: ["dapi"], form: /dapi[a-f0-9]{32}(?:-\d)?/y },
  {
    name: "shopify-token",
    of: "Shopify",
    prefixes: ["shpat_", "shpca_", "shppa_", "shpss_"],
    form: /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/y
  },
  {
    name: "grafana-token",
    of: "Grafana",
    prefixes: ["glsa_", "glc_ey"],
    form: /gl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_ey[\w+/=-]{20,400})/y
  },
  { name: "atlassian-token", of: "Atlassian", prefixes: ["ATATT3"], form: /ATATT3[\w=-]{20,300}/y },
  { name: "age-key", of: "age", prefixes: ["AGE-SECRET-KEY-1"], form: /AGE-SECRET-KEY-1[A-Z0-9]{58}/y },
  { name: "newrelic-key", of: "New Relic", prefixes: ["NRAK-"], form: /NRAK-[A-Z0-9]{27}/y },
  { name: "postman-key", of: "Postman", prefixes: ["PMAK-"], form: /PMAK-[a-f0-9]{24}-[a-f0-9]{34}/y },
  { name: "linear-key", of: "Linear", prefixes: ["lin_api_"], form: /lin_api_[A-Za-z0-9]{40}/y },
  { name: "doppler-token", of: "Doppler", prefixes: ["dp.pt.", "dp.st."], form: /dp\.[ps]t\.[\w.-]{30,80}/y },
  { name: "sentry-token", of: "Sentry", prefixes: ["sntrys_", "sntryu_"], form: /sntry[su]_[\w=+/-]{40,400}/y },
  { name: "dynatrace-token", of: "Dynatrace", prefixes: ["dt0c01."], form: /dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}/y },
  { name: "telegram-token", of: "Telegram", prefixes: [":AAE", ":AAF", ":AAG", ":AAH"], form: /:AA[\w-]{33}/y },
  {
    name: "jwt",
    of: "anybody: a signed JSON token",
    prefixes: ["eyJ"],
    form: /eyJ[\w-]{5,4096}\.[\w-]{5,16384}(?:\.[\w-]{0,4096}){0,3}/y
  }
]

/** What stands before the first character of a token is of the same word, and not the end of an escape: `\t`, `\u003d`, `%3D`. */
const isWithinWord = (text: string, at: number): boolean =>
  at > 0 &&
  /[A-Za-z0-9]/.test(text[at - 1] as string) &&
  !/\\[bfnrtv]$|\\u[\da-f]{4}$|\\x[\da-f]{2}$|%[\da-f]{2}$/i.test(text.slice(Math.max(0, at - 6), at))

const ruleOf = ({ form, name, of, prefixes }: Token): NeedleRule => ({
  name,
  group: "secrets",
  summary: `A key or token of ${of}.`,
  needles: prefixes,
  find: (text, at) => {
    // The number in front of a colon belongs to the token.
    if (!text.startsWith(":", at) && isWithinWord(text, at)) return undefined
    form.lastIndex = at
    return form.test(text) ? { start: at, end: form.lastIndex } : undefined
  }
})

const keyBegin = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y

/** To its end, or as far as the text goes: a key that was cut is as good as whole to a thief who has the other half. */
const privateKey: NeedleRule = {
  name: "private-key",
  group: "secrets",
  summary: "A private key in PEM form, with its lines.",
  needles: ["-----BEGIN"],
  find: (text, at) => {
    keyBegin.lastIndex = at
    if (!keyBegin.test(text)) return undefined
    const close = text.indexOf("-----END ", keyBegin.lastIndex)
    if (close < 0) return { start: at, end: text.length }
    const end = text.indexOf("-----", close + 9)
    return { start: at, end: end < 0 ? text.length : end + 5 }
  }
}

const userInfo = /:\/\/[^\s/:@"'<>\\]{0,256}:([^\s/@"'<>\\]{1,512})@/y

/** The password alone: whom it belonged to is what a reader of logs needs. */
const urlPassword: NeedleRule = {
  name: "url-password",
  group: "secrets",
  summary: "The password of an address such as https://user:password@host.",
  needles: ["://"],
  find: (text, at): Span | undefined => {
    userInfo.lastIndex = at
    const password = userInfo.exec(text)?.[1]
    return password === undefined
      ? undefined
      : { start: userInfo.lastIndex - 1 - password.length, end: userInfo.lastIndex - 1 }
  }
}

export const tokenRules: ReadonlyArray<NeedleRule> = [...tokens.map(ruleOf), privateKey, urlPassword]
