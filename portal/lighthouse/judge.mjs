// Lighthouse on the portal's first screens, as a slow phone with 4G sees them (simulated). SERVICE_URL is the running service.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import lighthouse from "lighthouse";
import { launch } from "chrome-launcher";

const LEAST = { performance: 0.95, accessibility: 1, "best-practices": 1, seo: 1 };
const PAGES = ["/", "/rezerwacja", "/zaloz-konto"];
const names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const chromePath =
  process.env.CHROME_PATH ?? names.find(existsSync) ?? execFileSync("which", ["chromium"]).toString().trim();

const chrome = await launch({ chromePath, chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
let isGood = true;
for (const page of PAGES) {
  const { lhr } = await lighthouse(process.env.SERVICE_URL + page, {
    port: chrome.port,
    onlyCategories: Object.keys(LEAST),
    locale: "pl",
  });
  const scores = Object.entries(LEAST).map(([name, least]) => [name, lhr.categories[name].score, least]);
  console.log(page, scores.map(([name, score]) => `${name} ${Math.round(100 * score)}`).join(", "));
  for (const [name, score, least] of scores) {
    if (score >= least) continue;
    isGood = false;
    const { auditRefs } = lhr.categories[name];
    const audits = auditRefs.map(({ id }) => lhr.audits[id]);
    const lost = audits.filter(({ score, errorMessage }) => errorMessage || (score !== null && score < 1));
    for (const { title, displayValue, errorMessage } of lost)
      console.log(`  ${name}: ${title} ${errorMessage ?? displayValue ?? ""}`);
  }
}
await chrome.kill();
process.exit(isGood ? 0 : 1);
