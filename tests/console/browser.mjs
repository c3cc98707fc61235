// Does with a real browser what people do. Usage: node browser.mjs PART, under the variables that
// tests/console/browser.rs sets. It ends with an error at the first thing that is not as it must be.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import path from "node:path";

const { BASE, ADMIN, VIEWER, MADE, TOOLS, PROFILE, PICTURES } = process.env;
const tools = createRequire(path.join(TOOLS, "package.json"));
const { chromium } = tools("playwright-core");
const axe = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");
const made = JSON.parse(MADE);

const SCREENS = {
  overview: "/",
  accounts: "/accounts",
  roles: "/accounts?tab=roles",
  found: "/accounts?tab=found",
  run: "/run",
  exporters: "/exporters",
  inputs: "/inputs",
  rules: "/inputs?tab=rules",
  settings: "/settings",
  inventory: "/inventory?q=i-",
  explain: `/explain?address=${made.instances[0].address}&vpc=${made.vpc}`,
  leases: "/leases",
};
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const WALL = { width: 2560, height: 1440 };

// As the system's own tests start it; nothing leaves this host.
const browser = await chromium.launchPersistentContext(PROFILE, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

// A window of its own, with everything that went wrong in it.
async function open(options = {}) {
  const context = await browser.browser().newContext({ viewport: DESKTOP, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (message) => {
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) page.faults.push(message.text());
  });
  page.on("pageerror", (error) => page.faults.push(String(error)));
  return page;
}

async function signIn(page, token, name = "Ada") {
  await page.goto(BASE + "/");
  await page.getByLabel("Token").fill(token);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

// Follows a link of the menu.
async function go(page, title) {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: title }).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

async function says(page, text) {
  await page.getByText(text).first().waitFor();
}

// The row of a table that is about something.
const row = (page, text) =>
  page.locator("tbody tr", { has: page.locator("th", { hasText: text }) }).first();

// Every task up to the point from where records leave.
async function setUp() {
  const page = await open();
  page.on("dialog", (dialog) => dialog.accept());
  await byKeyboard(page);
  await accounts(page);
  await sweep(page);
  await exporters(page);
  await inputs(page);
  await settings(page);
  await leases(page);
  assert.deepEqual(page.faults, []);
}

// Signs in without a pointer, after a mistake.
async function byKeyboard(page) {
  await page.goto(BASE + "/settings");
  await page.getByLabel("Token").focus();
  await page.keyboard.type("no-token-of-this-console");
  await page.keyboard.press("Enter");
  await says(page, "This is no token of this console.");
  assert.equal(await page.getByLabel("Token").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Token").focus();
  await page.keyboard.type(ADMIN);
  await page.keyboard.press("Tab");
  await page.keyboard.type("Ada");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  // It leads to where one wanted to go.
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
}

async function accounts(page) {
  await go(page, "Accounts");
  await says(page, "There is none");
  await page.getByLabel("Profile name").fill("shop");
  await page.getByLabel("Access key ID").fill("short");
  await page.getByLabel("Secret access key").fill("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  await page.getByRole("button", { name: "Add access key" }).click();
  await says(page, "give 16 to 128 letters and digits");
  assert.equal(await page.getByLabel("Access key ID").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Profile name").inputValue(), "shop");
  assert.equal(await page.getByLabel("Secret access key").inputValue(), "");
  await page.getByLabel("Access key ID").fill("AKIAIOSFODNN7EXAMPLE");
  await page.getByLabel("Secret access key").fill("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  await page.getByRole("button", { name: "Add access key" }).click();
  await says(page, "shop was added");
  await page.getByRole("button", { name: "Test access of shop" }).click();
  await says(page, "AWS lets weir in");

  await page.getByRole("link", { name: "IAM roles" }).click();
  await page.getByLabel("Roles").fill("no-arn");
  await page.getByRole("button", { name: "Add roles" }).click();
  await page.locator("#role_list-error").waitFor();
  const list = "arn:aws:iam::222222222222:role/R1, arn:aws:iam::333333333333:role/R2,externalID-2";
  await page.getByLabel("Roles").fill(list);
  await page.getByRole("button", { name: "Add roles" }).click();
  await says(page, "2 roles were added");
  await page.getByRole("button", { name: "Remove arn:aws:iam::333333333333:role/R2" }).click();
  await says(page, "was removed");
  assert.equal(await page.getByRole("row").filter({ hasText: "333333333333" }).count(), 0);
}

async function sweep(page) {
  await go(page, "Run now");
  await page.getByRole("button", { name: "Run discovery now" }).click();
  await page.getByRole("heading", { name: "The sweep" }).first().waitFor();
  await picture(page, "run-on-its-way", DESKTOP, "light");
  // It is told without loading the page again.
  await page.evaluate(() => { window.isTheSame = true; });
  await says(page, "The sweep has ended");
  assert.equal(await page.evaluate(() => window.isTheSame), true);
  await row(page, "123456789012").getByText("read", { exact: true }).waitFor();
}

async function exporters(page) {
  await go(page, "IPFIX exporters");
  const vpc = row(page, made.vpc);
  await vpc.getByText("shop").first().waitFor();
  await vpc.getByText(made.flow_logs[0]).waitFor();
  await vpc.getByText("Change", { exact: true }).click();
  await vpc.getByLabel("IPv4 address").fill("300.1.1.1");
  await vpc.getByLabel("Name", { exact: true }).fill("edge");
  await vpc.getByRole("button", { name: "Assign" }).click();
  await says(page, "no IPv4 address");
  assert.equal(await row(page, made.vpc).getByLabel("Name", { exact: true }).inputValue(), "edge");
  await row(page, made.vpc).getByLabel("IPv4 address").fill("192.0.2.7");
  await row(page, made.vpc).getByRole("button", { name: "Assign" }).click();
  await says(page, `${made.vpc} was changed`);
  await row(page, made.vpc).getByText("192.0.2.7").first().waitFor();
  // All default VPCs share their block.
  await page.getByRole("link", { name: "Sharing an address" }).click();
  await page.getByText("shared").first().waitFor();
}

async function inputs(page) {
  await go(page, "Inputs");
  await page.getByRole("button", { name: "Enable flow-logs" }).click();
  await says(page, "flow-logs is read from now on");
  await row(page, made.flow_logs[0]).getByText("bucket", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Enable vpc-flow-logs" }).click();
  await says(page, "vpc-flow-logs is read from now on");
  const stream = row(page, "flow-stream");
  await stream.getByLabel("Enhanced fan-out").check();
  await stream.getByRole("button", { name: "Enable flow-stream" }).click();
  await says(page, "flow-stream is read from now on");
  await row(page, "flow-stream").getByText("fan-out", { exact: true }).waitFor();
  await row(page, made.flow_logs[1]).getByText("Kinesis", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Disable flow-stream" }).click();
  await says(page, "flow-stream is disabled");
  await page.getByRole("link", { name: "Rules" }).click();
  await page.getByLabel("Name", { exact: true }).fill("streams");
  await page.getByLabel("Pattern").fill("[");
  await page.getByRole("button", { name: "Set rule" }).click();
  await page.locator("#pattern-error").waitFor();
  await page.getByLabel("Pattern").fill("other-*");
  await page.getByRole("button", { name: "Set rule" }).click();
  await says(page, "Rule streams is set");
}

async function settings(page) {
  await go(page, "Settings");
  await page.getByRole("textbox", { name: "Settle time" }).fill("20s");
  await page.getByRole("button", { name: "Save changes" }).click();
  await says(page, "Set: Settle time.");
  await page.getByRole("textbox", { name: "IPFIX records rate limit" }).fill("10000");
  await page.getByRole("textbox", { name: "Max IPFIX packet size" }).fill("100");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.locator("#max_packet_size-error").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "IPFIX records rate limit" }).inputValue(), "10000");
  await page.getByRole("textbox", { name: "Max IPFIX packet size" }).fill("1400");

  // Somebody else is faster.
  const other = await page.context().newPage();
  await other.goto(BASE + "/settings");
  await other.getByRole("textbox", { name: "S3 concurrency" }).fill("4");
  await other.getByRole("button", { name: "Save changes" }).click();
  await says(other, "Set: S3 concurrency");
  await other.close();

  await page.getByRole("button", { name: "Save changes" }).click();
  await says(page, "Somebody else changed settings");
  assert.equal(await page.getByRole("textbox", { name: "S3 concurrency" }).inputValue(), "4");
  assert.equal(await page.getByRole("textbox", { name: "IPFIX records rate limit" }).inputValue(), "10000");
  await page.getByRole("button", { name: "Apply my change again" }).click();
  await says(page, "Set: Max IPFIX packet size, IPFIX records rate limit.");
  await page.getByRole("button", { name: "Reset to the file: S3 concurrency" }).click();
  await says(page, "S3 concurrency is again what the file says");
  assert.equal(await page.getByRole("textbox", { name: "S3 concurrency" }).inputValue(), "2");
}

// The log group has a lease once its worker has seen that it is enabled.
async function leases(page) {
  await go(page, "Leases");
  const lease = () => row(page, "vpc-flow-logs");
  while (!(await lease().getByText("held", { exact: true }).count())) await page.reload();
  await lease().getByText("Set position", { exact: true }).first().click();
  await lease().getByLabel("Read on from").fill("somewhere");
  await lease().getByRole("button", { name: "Set position" }).click();
  await lease().locator(".error").waitFor();
  await lease().getByLabel("Read on from").fill("LATEST");
  await lease().getByRole("button", { name: "Set position" }).click();
  await says(page, "is read from LATEST");
  await lease().getByText("set by hand").waitFor();
  await picture(page, "leases-held", DESKTOP, "light");
}

// What people look at once records leave.
async function look() {
  const page = await open();
  await signIn(page, VIEWER);
  const out = page.locator(".tile", { hasText: "Records out" });
  await out.getByText("1 since the start").waitFor();
  await page.evaluate(() => { window.isTheSame = true; });
  const stamp = await page.locator(".stamp").textContent();
  await page.waitForFunction((old) => document.querySelector(".stamp").textContent !== old, stamp);
  assert.equal(await page.evaluate(() => window.isTheSame), true);
  await row(page, "jsonl:").getByText("up", { exact: true }).waitFor();

  await go(page, "Inventory");
  await page.getByLabel("Address, id or name").fill(made.instances[0].address);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: made.instances[0].address }).first().click();
  await says(page, made.instances[0].name);
  await page.getByLabel("Flow log line").fill(
    `2 123456789012 ${made.instances[0].interface} ${made.instances[0].address} ` +
      `${made.instances[2].address} 40000 5432 6 10 840 1772366400 1772366430 ACCEPT OK`,
  );
  await page.getByRole("button", { name: "Explain" }).click();
  await says(page, "It becomes a record.");
  await row(page, "exporterIPv4Address").getByText("192.0.2.7").waitFor();
  await page.getByLabel("Flow log line").fill("2 nonsense");
  await page.getByRole("button", { name: "Explain" }).click();
  await says(page, "It is rejected");
  // A viewer is told, and a script in a name is a name.
  await go(page, "Settings");
  await says(page, "Admins can change settings.");
  await page.goto(BASE + "/inventory?q=script");
  await says(page, made.instances[1].name);
  assert.notEqual(await page.title(), "broken");
  assert.deepEqual(page.faults, []);
}

// Each screen on each screen size: nothing beside it, nothing that an accessibility check finds.
async function screens() {
  const page = await open();
  await signIn(page, ADMIN);
  for (const [name, address] of Object.entries(SCREENS)) {
    await weigh(name, address, page);
    for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE], ["wall", WALL]]) {
      for (const scheme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: scheme });
        await page.goto(BASE + address);
        const isWide = await page.evaluate(
          () => document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth,
        );
        assert.equal(isWide, false, `${name} is wider than a ${size}`);
        if (size !== "wall") await check(page, `${name}, ${size}, ${scheme}`);
        await picture(page, `${name}-${size}`, viewport, scheme);
      }
    }
  }
  const door = await open();
  await door.goto(BASE + "/");
  await check(door, "sign-in");
  await picture(door, "sign-in-desktop", DESKTOP, "light");
  assert.deepEqual(page.faults, []);
}

async function check(page, what) {
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }),
  );
  const found = result.violations.filter((each) => ["serious", "critical"].includes(each.impact));
  const shown = found.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(shown, [], what);
}

// All that a browser loads for a screen that it has never seen.
async function weigh(name, address, page) {
  const fresh = await open({ storageState: await page.context().storageState() });
  let octets = 0;
  const bodies = [];
  fresh.on("response", (response) => {
    // What never ends, and what ends with the window, has no body.
    if (response.url().endsWith("/live")) return;
    bodies.push(response.body().catch(() => ""));
  });
  await fresh.goto(BASE + address, { waitUntil: "load" });
  for (const body of await Promise.all(bodies)) octets += body.length;
  console.log(`${name}: ${octets} octets`);
  assert.ok(octets < 200_000, `${name} weighs ${octets} octets`);
  await fresh.context().close();
}

async function picture(page, name, viewport, scheme) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme: scheme });
  await page.screenshot({ path: path.join(PICTURES, `${name}-${scheme}.png`), fullPage: true });
}

// Without any script everything is there, and forms work.
async function plain() {
  const page = await open({ javaScriptEnabled: false });
  await signIn(page, ADMIN);
  await page.locator(".tile", { hasText: "Records out" }).waitFor();
  assert.equal(await page.locator(".chart svg").count(), 4);
  await go(page, "Settings");
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await page.getByRole("button", { name: "Save changes" }).click();
  await says(page, "Set: Time zone of the schedule.");
  await go(page, "Run now");
  await page.getByRole("button", { name: "Run discovery now" }).click();
  for (;;) {
    if (await page.getByText("The sweep has ended").count()) break;
    await page.goto(BASE + "/run");
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

const parts = { "set-up": setUp, look, screens, plain };
try {
  await parts[process.argv[2]]();
} finally {
  await browser.close();
}
