// Planted secrets: values of every kind, made up and never given to anybody, and the forms in which programs write them down.
import { isIban } from "./rules/personal.ts"

const alphabet = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const hexadecimal = "0123456789abcdef"

type Random = () => number

const pick = <A>(random: Random, all: ReadonlyArray<A>): A => all[Math.floor(random() * all.length)] as A
const run = (random: Random, characters: string, length: number): string =>
  Array.from({ length }, () => characters[Math.floor(random() * characters.length)]).join("")

const cardNumber = (random: Random): string => {
  const digits = `4${run(random, "0123456789", 14)}`
  for (let check = 0; ; check++) {
    let sum = 0
    ;[...`${digits}${check}`].reverse().forEach((digit, i) => {
      const counted = i % 2 === 1 ? Number(digit) * 2 : Number(digit)
      sum += counted > 9 ? counted - 9 : counted
    })
    if (sum % 10 === 0) return `${digits}${check}`
  }
}

const germanAccount = (random: Random): string => {
  const rest = run(random, "0123456789", 18)
  for (let check = 2; ; check++) {
    const account = `DE${String(check).padStart(2, "0")}${rest}`
    if (isIban(account)) return account
  }
}

/** Tokens that are known by themselves, wherever they stand. */
export const ownForms: Readonly<Record<string, (random: Random) => string>> = {
  "aws-access-key": (random) => `AKIA${run(random, upper, 16)}`,
  "github-token": (random) => `ghp_${run(random, alphabet, 36)}`,
  "gitlab-token": (random) => `glpat-${run(random, alphabet, 20)}`,
  "slack-token": (random) => `xoxb-${run(random, "0123456789", 12)}-${run(random, alphabet, 24)}`,
  "stripe-key": (random) => `sk_live_${run(random, alphabet, 24)}`,
  "google-key": (random) => `AIza${run(random, alphabet, 35)}`,
  "npm-token": (random) => `npm_${run(random, alphabet, 36)}`,
  "sendgrid-key": (random) => `SG.${run(random, alphabet, 22)}.${run(random, alphabet, 43)}`,
  "ai-key": (random) => `sk-proj-${run(random, alphabet, 48)}`,
  "vault-token": (random) => `hvs.${run(random, alphabet, 24)}`,
  "shopify-token": (random) => `shpat_${run(random, hexadecimal, 32)}`,
  jwt: (random) => `eyJhbGciOiJIUzI1NiJ9.eyJ${run(random, alphabet, 40)}.${run(random, alphabet, 43)}`
}

/** Personal values that are known by themselves. */
export const personalForms: Readonly<Record<string, (random: Random) => string>> = {
  "payment-card": cardNumber,
  email: (random) => `${run(random, alphabet, 8)}@${run(random, "abcdefgh", 6)}.example`,
  phone: (random) => `+49 30 ${run(random, "123456789", 8)}`,
  iban: germanAccount,
  "national-id": (random) => `${pick(random, ["219", "457", "078"])}-09-${run(random, "123456789", 4)}`,
  ipv4: (random) => `10.${pick(random, [1, 20, 254])}.${pick(random, [7, 19, 200])}.${pick(random, [3, 42, 101])}`,
  ipv6: (random) => `2001:db8::${run(random, hexadecimal, 4)}:${run(random, "123456789", 3)}`
}

/** What only its name tells. */
export const password = (random: Random): string => `${run(random, alphabet, 6)}!${run(random, alphabet, 5)}%7`

const json = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Lines in which a value stands by itself. */
export const linesWith: Readonly<Record<string, (value: string) => string>> = {
  sentence: (value) => `could not verify ${value} for the caller`,
  "end of a sentence": (value) => `the caller sent ${value}`,
  quotes: (value) => `rejected '${value}' as unknown`,
  brackets: (value) => `[auth] (${value}) rejected`,
  JSON: (value) => `{"level":"warn","msg":"rejected","value":"${json(value)}"}`,
  "JSON in JSON": (value) => JSON.stringify({ msg: "upstream said", body: JSON.stringify({ value }) }),
  "JSON list": (value) => `{"values":["a","${json(value)}","b"]}`,
  logfmt: (value) => `level=warn msg=rejected value="${value}" took=3ms`,
  address: (value) => `GET /verify?value=${encodeURIComponent(value)}&x=1 HTTP/1.1`,
  "access log": (value) =>
    `1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "GET /verify/${encodeURIComponent(value)} HTTP/1.1" 403 12`,
  CSV: (value) => `2026-10-10T13:55:36Z,warn,"${value}",403`,
  TSV: (value) => `2026-10-10T13:55:36Z\twarn\t${value}\t403`,
  syslog: (value) => `<165>1 2026-10-10T13:55:36Z web shop 12 - [a@1 v="${value}"] rejected`,
  "syslog text": (value) => `<34>Oct 10 13:55:36 web shop[12]: rejected ${value} from 4`,
  XML: (value) => `<event><value>${value}</value></event>`,
  YAML: (value) => `value: ${value}`,
  trace: (value) => `java.lang.IllegalStateException: rejected ${value}\n\tat shop.Door.open(Door.java:7)`,
  SQL: (value) => `execute: INSERT INTO calls (value) VALUES ('${value}')`
}

/** Lines in which a name tells what stands beside it. */
export const linesNaming: Readonly<Record<string, (name: string, value: string) => string>> = {
  JSON: (name, value) => `{"level":"info","user":"ada","${name}":"${json(value)}"}`,
  "JSON with blanks": (name, value) => `{ "level" : "info", "${name}" : "${json(value)}" }`,
  "JSON in JSON": (name, value) =>
    JSON.stringify({ msg: "request", body: JSON.stringify({ user: "ada", [name]: value }) }),
  "JSON thrice": (name, value) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ [name]: value }) }) }),
  logfmt: (name, value) => `level=info user=ada ${name}=${value} took=3ms`,
  "logfmt in quotes": (name, value) => `level=info ${name}="${value}" took=3ms`,
  address: (name, value) => `GET /login?user=ada&${name}=${encodeURIComponent(value)}&next=%2F HTTP/1.1`,
  form: (name, value) => `body: user=ada&${name}=${encodeURIComponent(value)}`,
  "encoded form": (name, value) => `body%3Duser%3Dada%26${name}%3D${encodeURIComponent(value)}%26x%3D1`,
  YAML: (name, value) => `${name}: ${value}`,
  "YAML in quotes": (name, value) => `  ${name}: '${value}'`,
  XML: (name, value) => `<login><user>ada</user><${name}>${value}</${name}></login>`,
  "XML attribute": (name, value) => `<login user="ada" ${name}="${value}"/>`,
  flag: (name, value) => `started: shop --user ada --${name} ${value} --port 80`,
  "flag with a sign": (name, value) => `started: shop --user ada --${name}=${value}`,
  environment: (name, value) => `export SHOP_${name.toUpperCase()}=${value}`,
  Ruby: (name, value) => `Parameters: {"user"=>"ada", "${name}"=>"${value}"}`,
  Python: (name, value) => `{'user': 'ada', '${name}': '${value}'}`,
  "Java map": (name, value) => `{user=ada, ${name}=${value}, port=80}`,
  sentence: (name, value) => `using ${name} "${value}" for ada: ${name}: "${value}"`,
  syslog: (name, value) => `<34>Oct 10 13:55:36 web shop[12]: login ada ${name}=${value}`,
  header: (name, value) => `X-Shop-${name}: ${value}`,
  authorization: (_name, value) => `> Authorization: Bearer ${value}`,
  "authorization in JSON": (_name, value) => `{"headers":{"Authorization":"Basic ${json(value)}","accept":"*/*"}}`,
  "user of an address": (_name, value) =>
    `connecting to postgres://shop:${encodeURIComponent(value)}@db.example:5432/shop`
}

export const tellingNames = [
  ...["password", "passwd", "db_password", "userPassword", "PASSWORD", "secret", "client_secret", "clientSecret"],
  ...[
    "api_key",
    "apiKey",
    "api-key",
    "X-Api-Key",
    "access_token",
    "refreshToken",
    "auth_token",
    "aws_secret_access_key",
    "private_key"
  ]
]
