// The sound of several clips as one: what plays is one of them, what the others would play is the same moment.
// A moment is a place on a common axis (seconds, percent, or the reference's seconds); each clip's warp maps it to its
// own time. Prepended to player.js.

const FADE_S = 0.01; // one clip fades into the other: linear, so that the sum of two is never louder than the louder
const LEAD_S = 0.012; // what is scheduled begins so much later, when the browser surely has it
const AHEAD_S = 0.5; // a loop's next round is scheduled so long before
const MAX_ROUNDS = 50; // at a time
const TICK_MS = 50;
const MAX_DECODED_S = 600; // of sound in memory, 4 bytes a sample at 48 kHz: 115 MB; more is streamed
const DECODE_HZ = 48000;

// Piecewise linear and increasing both ways: the common axis to a clip's own time, and back.
class Warp {
  constructor(axis, times) {
    this.axis = axis;
    this.times = times;
  }

  timeAt(x) {
    return Warp.interpolate(this.axis, this.times, x);
  }

  axisAt(time) {
    return Warp.interpolate(this.times, this.axis, time);
  }

  static interpolate(from, to, value) {
    const last = from.length - 1;
    if (value <= from[0]) return to[0];
    if (value >= from[last]) return to[last];
    let low = 0, high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (from[middle] <= value) low = middle;
      else high = middle;
    }
    const wide = from[high] - from[low];
    return to[low] + (wide > 0 ? (value - from[low]) / wide : 0) * (to[high] - to[low]);
  }
}

// Decoded sound: every switch and every round of a loop is scheduled to the sample.
class DecodedSound {
  constructor(onChange, onBroken) {
    [this.onChange, this.onBroken] = [onChange, onBroken];
    this.buffers = new Map(); // by address: a promise, then a buffer
    this.tracks = [];
    this.voices = [];
    this.track = 0;
    this.rest = 0; // where it stands when nothing plays
    this.playing = false;
    this.loop = null;
    this.matched = false;
  }

  update(tracks, end) {
    const known = this.tracks[this.track]?.id;
    const before = this.playing ? { at: this.position(), time: this._time() } : null;
    const changed = JSON.stringify(this.tracks.map((t) => [t.id, t.warp])) !== JSON.stringify(tracks.map((t) => [t.id, t.warp]));
    [this.tracks, this.end] = [tracks, end];
    for (const track of tracks) this._fetch(track.sound);
    for (const sound of this.buffers.keys()) if (!tracks.some((track) => track.sound === sound)) this.buffers.delete(sound);
    const again = tracks.findIndex((track) => track.id === known);
    this.track = Math.max(0, again);
    if (!changed) return;
    if (before && again >= 0) { // another axis: the same sound goes on where it is
      for (const voice of this.voices) voice.track = again;
      this._goOn(tracks[again].warp.axisAt(before.time));
    } else if (before) this.pause();
    else this.rest = Math.min(this.rest, end);
  }

  async play() {
    const asked = (this.asked = {});
    this.context ??= new AudioContext();
    const ready = Promise.all([this.context.resume(), this.buffers.get(this.tracks[this.track].sound)]);
    await ready.catch(() => {});
    if (this.asked !== asked || !this._buffer(this.track)) return;
    this.playing = true;
    let x = this.rest;
    if (this.loop && (x < this.loop[0] || x >= this.loop[1] - 1e-3)) x = this.loop[0];
    if (x >= this.end - 1e-3) x = this.loop ? this.loop[0] : 0;
    this._begin(x, this.context.currentTime + LEAD_S);
    this.timer ??= setInterval(() => this._tick(), TICK_MS);
    this.onChange();
  }

  pause() {
    this.asked = null;
    if (this.playing) {
      this.rest = this.position();
      this._cut(this.context.currentTime);
      this.voices = [];
    }
    this.playing = false;
    clearInterval(this.timer);
    this.timer = null;
    this.onChange();
  }

  seek(x) {
    this.rest = Math.min(Math.max(0, x), this.end);
    if (this.playing) this._goOn(this.rest);
    this.onChange();
  }

  switchTo(track) {
    if (track === this.track || !this.tracks[track]) return;
    const goOn = () => {
      const when = this.playing ? this.context.currentTime + LEAD_S : 0;
      const x = this.playing ? this.position(when) : this.rest;
      this.track = track;
      if (this.playing) this._goOn(x, when);
      this.onChange();
    };
    if (!this.playing || this._buffer(track)) return goOn();
    const wanted = (this.wanted = track); // not decoded yet: the one before plays on until it is
    this.buffers.get(this.tracks[track].sound)?.then(() => this.wanted === wanted && goOn()).catch(() => {});
  }

  setLoop(loop) {
    this.loop = loop;
    if (this.playing) this._goOn(this.position());
  }

  setMatched(matched) {
    this.matched = matched;
    for (const voice of this.voices) voice.level?.gain.setTargetAtTime(this._gain(voice.track), this.context.currentTime, FADE_S);
  }

  // Where on the common axis the sound is at a time of the context's clock.
  position(when = this.context?.currentTime) {
    if (!this.playing) return this.rest;
    const voice = this._voice(when);
    return voice ? this.tracks[voice.track].warp.axisAt(this._time(when)) : this.rest;
  }

  leave() {
    this.pause();
    this.context?.close();
  }

  // ---- within --------------------------------------------------------------------------------------------------

  _fetch(sound) {
    if (this.buffers.has(sound)) return;
    const made = fetch(sound)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status)))))
      .then((bytes) => new OfflineAudioContext(1, 1, DECODE_HZ).decodeAudioData(bytes))
      .then((buffer) => {
        if (this.buffers.get(sound) === made) this.buffers.set(sound, buffer);
        this.onChange();
      });
    made.catch(() => this.onBroken(sound));
    this.buffers.set(sound, made);
  }

  _buffer(track) {
    const found = this.buffers.get(this.tracks[track]?.sound);
    return found instanceof AudioBuffer ? found : null;
  }

  _gain(track) {
    return this.matched ? this.tracks[track]?.gain ?? 1 : 1;
  }

  _voice(when) {
    return [...this.voices].reverse().find((voice) => voice.begins <= when) ?? this.voices[0];
  }

  // The playing clip's own time.
  _time(when = this.context.currentTime) {
    const voice = this._voice(when);
    return voice ? voice.from + Math.min(Math.max(0, when - voice.begins), voice.lasts) : 0;
  }

  _goOn(x, when = this.context.currentTime + LEAD_S) {
    this._cut(when);
    const over = this.loop && x >= this.loop[1] ? this.loop[0] : x;
    this._begin(over, when);
  }

  _begin(x, when) {
    const track = this.tracks[this.track], buffer = this._buffer(this.track), context = this.context;
    const to = this.loop && x < this.loop[1] ? this.loop[1] : this.end;
    const from = track.warp.timeAt(x), lasts = Math.max(0, track.warp.timeAt(to) - from);
    const voice = { track: this.track, begins: when, from, lasts };
    if (buffer && from < buffer.duration) {
      const source = new AudioBufferSourceNode(context, { buffer });
      const edges = new GainNode(context, { gain: 0 }), cut = new GainNode(context, { gain: 1 });
      const level = new GainNode(context, { gain: this._gain(this.track) });
      const fade = Math.min(FADE_S, lasts / 2);
      edges.gain.setValueAtTime(0, when);
      edges.gain.linearRampToValueAtTime(1, when + fade);
      edges.gain.setValueAtTime(1, when + lasts);
      edges.gain.linearRampToValueAtTime(0, when + lasts + fade);
      source.connect(edges).connect(cut).connect(level).connect(context.destination);
      source.start(when, from);
      source.stop(when + lasts + fade + 0.005);
      Object.assign(voice, { source, cut, level });
    }
    this.voices.push(voice);
  }

  // Everything that sounds fades out at `when`; what was to begin later never does.
  _cut(when) {
    for (const voice of this.voices) {
      if (!voice.source) continue;
      if (voice.begins >= when) { voice.level.disconnect(); continue; }
      voice.cut.gain.setValueAtTime(1, when);
      voice.cut.gain.linearRampToValueAtTime(0, when + FADE_S);
      voice.source.stop(when + FADE_S + 0.005);
    }
    const last = this._voice(when);
    // Until `when` the clip that sounds is still the one before: it says where we are.
    this.voices = last && last.begins < when ? [{ ...last, source: null, level: null }] : [];
  }

  _tick() {
    const now = this.context.currentTime;
    if (!this.voices.length) return;
    const ends = () => this.voices[this.voices.length - 1].begins + this.voices[this.voices.length - 1].lasts;
    for (let round = 0; this.loop && ends() - now < AHEAD_S && round < MAX_ROUNDS; round++) {
      this._begin(this.loop[0], Math.max(ends(), now + LEAD_S));
    }
    if (!this.loop && now >= ends()) {
      this.pause();
      this.rest = this.end;
      this.onChange();
    }
    const sounding = this._voice(now);
    this.voices = this.voices.filter((voice) => voice === sounding || voice.begins + voice.lasts + 1 > now);
  }
}

// Streamed sound for what is too long to be decoded: the other clip begins before the first one ends, a few
// hundredths of a second apart from the exact moment.
class StreamedSound {
  constructor(onChange, onBroken) {
    [this.onChange, this.onBroken] = [onChange, onBroken];
    this.players = new Map(); // by address
    this.tracks = [];
    this.track = 0;
    this.rest = 0;
    this.playing = false;
    this.loop = null;
    this.matched = false;
  }

  update(tracks, end) {
    const known = this.tracks[this.track]?.id, time = this._player()?.currentTime ?? 0;
    [this.tracks, this.end] = [tracks, end];
    for (const track of tracks) {
      if (this.players.has(track.sound)) continue;
      const player = new Audio(track.sound);
      player.preload = "auto";
      player.addEventListener("error", () => this.onBroken(track.sound));
      this.players.set(track.sound, player);
    }
    for (const [sound, player] of this.players) {
      if (tracks.some((track) => track.sound === sound)) continue;
      player.pause();
      this.players.delete(sound);
    }
    const again = tracks.findIndex((track) => track.id === known);
    this.track = Math.max(0, again);
    if (again < 0) this.pause();
    else this.rest = this.playing ? tracks[again].warp.axisAt(time) : Math.min(this.rest, end);
    this._levels();
  }

  async play() {
    let x = this.rest;
    if (this.loop && (x < this.loop[0] || x >= this.loop[1] - 1e-3)) x = this.loop[0];
    if (x >= this.end - 1e-3) x = this.loop ? this.loop[0] : 0;
    const player = this._player();
    player.currentTime = this.tracks[this.track].warp.timeAt(x);
    await player.play().catch(() => {});
    this.playing = !player.paused;
    this.timer ??= setInterval(() => this._tick(), TICK_MS);
    this.onChange();
  }

  pause() {
    this.rest = this.position();
    this.playing = false;
    for (const player of this.players.values()) player.pause();
    clearInterval(this.timer);
    this.timer = null;
    this.onChange();
  }

  seek(x) {
    this.rest = Math.min(Math.max(0, x), this.end);
    if (this.playing) this._player().currentTime = this.tracks[this.track].warp.timeAt(this.rest);
    this.onChange();
  }

  switchTo(track) {
    if (track === this.track || !this.tracks[track]) return;
    const before = this._player(), x = this.position();
    this.rest = x;
    this.track = track;
    this._levels();
    if (this.playing) {
      const next = this._player();
      next.currentTime = this.tracks[track].warp.timeAt(x);
      next.play().then(() => before.pause()).catch(() => this.pause());
    }
    this.onChange();
  }

  setLoop(loop) { this.loop = loop; }

  setMatched(matched) {
    this.matched = matched;
    this._levels();
  }

  position() {
    return this.playing ? this.tracks[this.track].warp.axisAt(this._player().currentTime) : this.rest;
  }

  leave() {
    this.pause();
    for (const player of this.players.values()) { player.removeAttribute("src"); player.load(); }
  }

  _player() {
    return this.players.get(this.tracks[this.track]?.sound);
  }

  _levels() {
    for (const track of this.tracks) this.players.get(track.sound).volume = this.matched ? track.gain : 1; // never above 1
  }

  _tick() {
    const x = this.position(), player = this._player();
    if (this.loop && (x >= this.loop[1] || player.ended)) return this.seek(this.loop[0]);
    if (player.ended || x >= this.end - 1e-3) {
      this.pause();
      this.rest = this.end;
      this.onChange();
    }
  }
}
