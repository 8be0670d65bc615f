/**
 * Detectors of secrets, by the looks that their issuers give them.
 *
 * @module
 */

import { isAwsSecret, isDashedKey, isMixed, isToken, isUrlPassword } from "./checks.ts";
import type { Detector } from "./detector.ts";
import { SEQUENCE, WRITTEN } from "./escapes.ts";

const B = "(?-u:\\b)";

/** What a token may stand behind: an escape, whose last letter is no part of it, or no letter or digit. */
const LEAD = `(?:${SEQUENCE}|${WRITTEN}|[^A-Za-z0-9])`;
const lead = new RegExp(`^${LEAD}`);

/** Makes the detector of a token that begins like no word does. */
function token(pattern: string, needs: string, check?: Detector["check"]): Detector {
  return {
    pattern: `(?:^|${LEAD})(?:${pattern})`,
    lead,
    needs: needs.split(" "),
    ...(check === undefined ? {} : { check }),
  };
}

/** Letters of base64url, and of hexadecimal. */
const W = "[A-Za-z0-9_\\-]", A = "[A-Za-z0-9]", X = "[0-9a-f]";

/** Detectors of the group `secrets`. */
export const SECRETS: Readonly<Record<string, Detector>> = {
  "aws-access-key": token(
    `(?:AKIA|ASIA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}${B}`,
    "AKIA ASIA AIDA AROA ABIA ACCA",
  ),
  "aws-secret-key": {
    pattern: `(?:^|${SEQUENCE}|[^A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?:$|[^A-Za-z0-9/+])`,
    isAnywhere: true,
    lead: new RegExp(`^(?:${SEQUENCE}|[^A-Za-z0-9/+])`),
    trail: /[^A-Za-z0-9/+]$/,
    check: isAwsSecret,
    needs: [],
  },
  "github-token": token(
    `gh[pousr]_${A}{20,255}|github_pat_[A-Za-z0-9_]{22,255}`,
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
  ),
  "gitlab-token": token(
    `gl(?:pat|dt|rt|ptt|oas|cbt|ft|soat|agent|imt|ffct)-${W}{20,}`,
    "glpat- gldt- glrt- glptt- gloas- glcbt- glft- glsoat- glagent- glimt- glffct-",
  ),
  "slack-token": token("xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}", "xox xapp-"),
  "webhook-url": token(
    `hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_\\-]{20,}` +
      `|(?:ptb\\.|canary\\.)?discord(?:app)?\\.com/api/webhooks/[0-9]{15,21}/${W}{40,}` +
      `|[a-z0-9\\-]+\\.webhook\\.office\\.com/webhookb2/[A-Za-z0-9@/\\-]{60,}` +
      `|chat\\.googleapis\\.com/v1/spaces/${W}+/messages\\?key=[A-Za-z0-9_\\-&=%]{40,}`,
    "hooks.slack.com /api/webhooks/ webhook.office.com chat.googleapis.com",
  ),
  "openai-key": token(`sk-${W}{20,}`, "sk-", isDashedKey),
  "anthropic-key": token(`sk-ant-${W}{20,}`, "sk-ant-"),
  "ai-key": token(
    `hf_${A}{30,}|gsk_${A}{40,}|xai-${A}{40,}|pplx-${A}{32,}|r8_${A}{30,}|tvly-(?:dev-|prod-)?${W}{20,}` +
      `|nvapi-${W}{40,}|fw_${A}{20,}|csk-${A}{40,}`,
    "hf_ gsk_ xai- pplx- r8_ tvly- nvapi- fw_ csk-",
    hasDigits,
  ),
  "google-api-key": token(`AIza${W}{35}`, "AIza"),
  "google-oauth": token(
    `ya29\\.${W}{20,}|GOCSPX-${W}{20,}|1//0${W}{40,}`,
    "ya29. GOCSPX- 1//0",
  ),
  "stripe-key": token(
    `(?:sk|rk|pk)_(?:live|test)_${A}{16,}|whsec_${A}{24,}`,
    "_live_ _test_ whsec_",
  ),
  "npm-token": token(`npm_${A}{36}${B}`, "npm_"),
  "package-token": token(
    `pypi-AgEI${W}{50,}|rubygems_${X}{48}|dckr_(?:pat|oat)_${W}{20,}|oy2[a-z0-9]{43}${B}|cio${A}{32}${B}` +
      `|AKCp${A}{60,}|reftkn:[0-9]{2}:[0-9]{10}:${A}{20,}`,
    "pypi-AgEI rubygems_ dckr_ oy2 cio AKCp reftkn:",
    hasDigits,
  ),
  "messaging-token": token(
    `SG\\.${W}{16,64}\\.${W}{16,64}|key-${X}{32}${B}|SK${X}{32}${B}|xkeysib-${X}{64}-${A}{16}` +
      `|re_${A}{6,10}_${A}{20,}`,
    "SG. key- SK xkeysib- re_",
    hasDigits,
  ),
  "bot-token": {
    ...token(
      `[0-9]{8,10}:AA${W}{32,40}|[MNO]${W}{23,27}\\.${W}{6}\\.${W}{27,}|${X}{32}-us[0-9]{1,2}${B}` +
        `|${A}{14}\\.atlasv1\\.${W}{40,}`,
      ":AA -us .atlasv1. .",
      hasDigits,
    ),
    isAnywhere: true,
  },
  "cloud-token": token(
    `do[opr]_v1_${X}{64}|dapi${X}{32}(?:-[0-9])?${B}|dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9.]{40,}` +
      `|hv[sbr]\\.${W}{20,}|pul-${X}{40}${B}|HRKU-${W}{30,}` +
      `|fo1_${W}{20,}|fm[12]_${W}{40,}|nfp_${A}{36,}|sbp_${X}{40}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_\\-.]{30,}` +
      `|tskey-(?:auth|api|client|scim|webhook)-${W}{20,}|v1\\.0-${X}{24}-${X}{100,}|LTAI${A}{12,20}${B}` +
      `|AKID${A}{32}${B}|vercel_blob_rw_${A}{20,}_${A}{20,}|ops_eyJ${W}{100,}`,
    "do dapi dp. hvs. hvb. hvr. pul- HRKU- fo1_ fm1_ fm2_ nfp_ sbp_ pscale_ tskey- v1.0- LTAI AKID " +
      "vercel_blob_rw_ ops_eyJ",
    hasDigits,
  ),
  "service-token": token(
    `gl(?:sa|c)_[A-Za-z0-9_+/=\\-]{32,}|NRAK-[A-Z0-9]{27}|NRJS-${X}{19}|sntry[su]_[A-Za-z0-9_=+/\\-]{40,}` +
      `|ATATT3[A-Za-z0-9_=\\-]{50,}|ATCTT3[A-Za-z0-9_=\\-]{50,}|ATBB${A}{28,}|lin_(?:api|oauth)_${A}{40,}` +
      `|secret_${A}{43}${B}|ntn_${A}{40,}|pat${A}{14}\\.${X}{64}|fig[dou]_${W}{40,}` +
      `|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0(?:atp|csp|idp)-${W}{22,43}|EAAA${W}{58,}|EAA[A-Z]${A}{60,}` +
      `|access_token\\$(?:production|sandbox)\\$[a-z0-9]{16}\\$${X}{32}|access-(?:sandbox|development|production)-${X}{8}-${X}{4}-${X}{4}-${X}{4}-${X}{12}` +
      `|sl\\.(?:u\\.)?${W}{60,}|PMAK-${X}{24}-${X}{34}|tfp_[A-Za-z0-9_.\\-]{40,}|bkua_${X}{40}|CCIPAT_${A}{20,}_${X}{40}` +
      `|sq[upa]_${X}{40}|CFPAT-${W}{43}|rdme_[a-z0-9]{60,}|shippo_(?:live|test)_${X}{40}` +
      `|phc_${A}{40,}|phx_${A}{40,}|duffel_(?:test|live)_${W}{40,}|pnu_${A}{36}|EZ[AT]K${A}{54}` +
      `|AGE-SECRET-KEY-1[0-9A-Z]{58}`,
    "glsa_ glc_ NRAK- NRJS- sntrys_ sntryu_ ATATT3 ATCTT3 ATBB lin_ secret_ ntn_ pat figd_ figo_ figu_ shp sq0 " +
      "EAA access sl. PMAK- tfp_ bkua_ CCIPAT_ squ_ sqp_ sqa_ CFPAT- rdme_ shippo_ phc_ phx_ duffel_ pnu_ " +
      "EZAK EZTK AGE-SECRET-KEY-1",
    hasDigits,
  ),
  "connection-string": {
    pattern:
      "(?i:AccountKey|SharedAccessKey|SharedSecretIssuer|AccessKey)=[A-Za-z0-9+/]{40,}={0,2}|[?&;](?:sig|Signature)=[A-Za-z0-9%+/]{40,}={0,2}|(?i:PrivateKey|PresharedKey) ?= ?[A-Za-z0-9+/]{43}=",
    lead: /^[?&;]?[A-Za-z]+ ?= ?/,
    isAnywhere: true,
    needs: ["="],
    check: isMixed,
  },
  "bearer-token": {
    pattern:
      `(?:${SEQUENCE}|${WRITTEN}|${B})(?i:bearer|authorization:?\\s*(?:token|basic)) +[A-Za-z0-9._~+/\\-]{20,}=*`,
    lead: new RegExp(
      `^(?:${SEQUENCE}|${WRITTEN})?(?:bearer|authorization:?\\s*(?:token|basic)) +`,
      "i",
    ),
    needs: ["earer", "EARER", "uthorization", "UTHORIZATION"],
    check: isToken,
  },
  // A key that was cut off is redacted to the end of the text.
  "private-key": {
    pattern: "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?s:.)*?" +
      "(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)" +
      "|PuTTY-User-Key-File-[0-9]: (?s:.)*?(?:Private-MAC: [0-9a-f]+|$)",
    needs: ["PRIVATE KEY", "PuTTY-User-Key-File-"],
  },
  "jwt": token(`eyJ${W}{8,}\\.eyJ${W}{8,}\\.${W}{8,}`, "eyJ"),
  "basic-auth-url": {
    pattern: "[A-Za-z][A-Za-z0-9+.\\-]{1,20}://[^\\s/:@\"'<>]{0,256}:[^\\s/\"'<>]{1,256}@",
    isAnywhere: true,
    needs: ["://"],
    check: isUrlPassword,
  },
};

function hasDigits(match: string): boolean {
  return (match.match(/[0-9]/g)?.length ?? 0) >= 2;
}
