import type { Browser, Page } from "playwright-core";

/** Runs in the page: hills behind hills under an evening sky, drawn from a number; the same number, the same picture. */
const DRAW_HILLS = `function drawHills(canvas, seed, shift = 0) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const [high, low] = [[222, 24], [262, 336], [205, 38], [232, 14], [196, 46], [248, 352]][(seed - 1) % 6];
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, "hsl(" + high + " 48% 34%)");
  sky.addColorStop(0.55, "hsl(" + low + " 62% 72%)");
  sky.addColorStop(1, "hsl(" + (low + 14) + " 78% 84%)");
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = "hsl(" + (low + 20) + " 92% 93%)";
  context.beginPath();
  context.arc(width * (0.25 + 0.5 * ((seed * 0.37) % 1)), height * 0.42, height * 0.07, 0, 7);
  context.fill();
  for (let range = 0; range < 5; range++) {
    const base = height * (0.5 + range * 0.11);
    context.fillStyle = "hsl(" + (high - range * 5) + " " + (22 + range * 5) + "% " + (58 - range * 11) + "%)";
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) {
      const at = (x + shift * (range + 1)) / width;
      const rise = Math.sin(at * (5 + range * 2) + seed + range * 1.7) * 0.06
        + Math.sin(at * (13 + range * 5) + seed * 2.3) * 0.025 + Math.sin(at * 41 + range * seed) * 0.006;
      context.lineTo(x, base - rise * height);
    }
    context.lineTo(width, height);
    context.fill();
  }
}`;

/** A photograph as people have them, JPEG. */
async function photograph(page: Page, seed: number): Promise<Buffer> {
  const url = String(
    await page.evaluate(`(() => {
      ${DRAW_HILLS}
      const canvas = Object.assign(document.createElement("canvas"), { width: 1600, height: 1067 });
      drawHills(canvas, ${seed});
      return canvas.toDataURL("image/jpeg", 0.9);
    })()`),
  );
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** A few seconds of film, WebM. */
async function film(page: Page): Promise<Buffer> {
  const text = await page.evaluate(`(async () => {
    ${DRAW_HILLS}
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const ended = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start(500);
    const began = performance.now();
    await new Promise((resolve) => {
      const draw = () => {
        const ms = performance.now() - began;
        drawHills(canvas, 3, ms / 20);
        if (ms > 4000) resolve();
        else requestAnimationFrame(draw);
      };
      draw();
    });
    recorder.stop();
    await ended;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  })()`);
  return Buffer.from(String(text), "latin1");
}

const PLAN = `<!doctype html><title>Planting plan</title><style>
  body { font: 12pt/1.5 system-ui; margin: 2cm } table { border-collapse: collapse } td, th { border: 1px solid; padding: 4pt 12pt }
</style><h1>Planting plan</h1><p>Six beds, four years, no cabbage after cabbage.</p>
<table><tr><th>Bed</th><th>Spring</th><th>Summer</th></tr>
<tr><td>1</td><td>Broad beans</td><td>Leeks</td></tr><tr><td>2</td><td>Peas</td><td>Kale</td></tr>
<tr><td>3</td><td>Early potatoes</td><td>Turnips</td></tr></table>`;

const SAMPLE_RATE = 22_050;
const TONE_SECONDS = 0.5;
/** A cadence, in hertz. */
const TONES = [262, 330, 392, 523, 392, 330, 349, 440, 523, 440, 349, 294, 392, 494, 587, 494, 523, 392, 330, 262];

/** A few bars of music, WAV (RIFF, PCM of 16 bits, one channel). */
function music(): Buffer {
  const samples = new Int16Array(TONES.length * TONE_SECONDS * SAMPLE_RATE);
  for (let at = 0; at < samples.length; at++) {
    const inTone = (at / SAMPLE_RATE) % TONE_SECONDS;
    const hertz = TONES[Math.floor(at / SAMPLE_RATE / TONE_SECONDS)]!;
    const loudness = Math.min(1, inTone * 40) * Math.exp(-4 * inTone);
    samples[at] = Math.round(12_000 * loudness * Math.sin(2 * Math.PI * hertz * inTone));
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

export interface GalleryMedia {
  readonly photographs: readonly Buffer[];
  readonly film: Buffer;
  readonly music: Buffer;
  readonly document: Buffer;
}

/** Made by the browser itself, so that nothing has to be kept or borrowed. */
export async function makeMedia(browser: Browser): Promise<GalleryMedia> {
  const page = await browser.newPage();
  const photographs: Buffer[] = [];
  for (let seed = 1; seed <= 6; seed++) photographs.push(await photograph(page, seed));
  const moving = await film(page);
  await page.setContent(PLAN);
  const document = await page.pdf({ format: "A4" });
  await page.close();
  return { photographs, film: moving, music: music(), document };
}
