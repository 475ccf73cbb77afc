"""What the report says, in English and Chinese. Everything else in it is names, numbers and times."""

from core.emotions import EMOTIONS
from core.errors import ExportError
from core.exports.report.comparison_words import CHINESE, ENGLISH

_ENGLISH = {
    "title": "What this voice feels",
    "region": "Region {start} – {end} of {whole}",
    "unsure": "Unsure: below this checkpoint's threshold of {threshold} %",
    "uncalibrated": "uncalibrated: take the percentages as an order, not as probabilities",
    "calibrated": "calibrated, temperature {temperature}; below {threshold} % a verdict is “unsure”",
    "scores": "Scores",
    "emotion": "Emotion",
    "probability": "Probability (%)",
    "logit": "Logit",
    "cannot_say": "this checkpoint cannot say it",
    "left_out": "left out",
    "figure": "Timeline",
    "hint": "Click in the figure to hear that moment; drag to zoom, double-click for all.",
    "time_clock": "Time (min:s)",
    "drawn_all": "The curves hold every frame, 50 a second.",
    "drawn_extremes": "Of each {seconds} s the curves hold the lowest and the highest value, so that no peak is lost; "
    "the CSV and Parquet exports hold every frame.",
    "grey": " Grey: nobody speaks.",
    "no_sound": "The sound is not in this file: {reason}.",
    "sound_too_long": "the recording is longer than {limit}",
    "sound_not_given": "it was not given to the export",
    "evidence": "Why {label}?",
    "evidence_sum": "Its logit is {logit}, exactly the mean of {count} frame logits. Against {against} it is "
    "{difference} {side}; each stretch below adds its frames' share of that.",
    "ahead": "ahead",
    "behind": "behind",
    "when": "When",
    "adds": "Adds",
    "without": "Verdict without it",
    "play": "Play",
    "no_evidence": "No stretch speaks for it more than for the runner-up.",
    "structure": "Structure",
    "no_speech": "no speech found",
    "arc_at": "{label} at {time}",
    "arc_more": "{arc} … and {count} more changes",
    "segment_times": "How long each emotion leads",
    "seconds": "Seconds",
    "share": "Share",
    "silence": "no speech",
    "changes": "Changes from one emotion to the next",
    "from_to": "{before} → {after}",
    "times": "Times",
    "volatility": "Volatility (probability that moves to other labels, per second)",
    "settings": "Settings and origin",
    "recording": "Recording",
    "identity": "SHA-256 of the samples",
    "duration": "Duration",
    "checkpoint": "Checkpoint",
    "calibration": "Calibration",
    "engine": "Engine",
    "smoothing": "Smoothing of the curves",
    "none": "none",
    "moving average": "moving average",
    "savitzky-golay": "Savitzky–Golay",
    "over": "{method}, {seconds} s",
    "min_segment": "Shortest segment",
    "speech": "Speech found by",
    "speech_not_asked": "not asked for: silence counts as an emotion",
    "licence": "Licence of the weights",
    "licence_unknown": "not known here: ask where the checkpoint came from",
    "made": "Made",
    "limits": "A model's reading of how a voice sounds, not of what a person feels. Not to be used to judge people: "
    "hiring, grading, policing, insurance, medical or legal decisions.",
}  # fmt: skip

_CHINESE = {
    "title": "这段声音的情绪",
    "region": "全长 {whole} 中的片段 {start} – {end}",
    "unsure": "不确定：低于该检查点的阈值 {threshold} %",
    "uncalibrated": "未校准：百分比只表示次序，不是概率",
    "calibrated": "已校准，温度 {temperature}；低于 {threshold} % 的判断为“不确定”",
    "scores": "得分",
    "emotion": "情绪",
    "probability": "概率（%）",
    "logit": "对数几率",
    "cannot_say": "该检查点无法判断",
    "left_out": "已略去",
    "figure": "时间线",
    "hint": "在图上点击即可从该处播放；拖动放大，双击复原。",
    "time_clock": "时间（分:秒）",
    "drawn_all": "曲线包含每一帧，每秒 50 帧。",
    "drawn_extremes": "曲线在每 {seconds} 秒内只取最低值和最高值，峰值不会丢失；CSV 和 Parquet 导出含有全部帧。",
    "grey": "灰色：无语音。",
    "no_sound": "本文件不含声音：{reason}。",
    "sound_too_long": "录音长于 {limit}",
    "sound_not_given": "导出时未提供",
    "evidence": "为什么是{label}？",
    "evidence_sum": "其对数几率为 {logit}，正好是 {count} 帧的平均值。与{against}相比{side} {difference}；"
    "下列每一段贡献其中自己各帧的份额。",
    "ahead": "领先",
    "behind": "落后",
    "when": "时间",
    "adds": "贡献",
    "without": "去掉它之后的判断",
    "play": "播放",
    "no_evidence": "没有哪一段对它的支持超过次高者。",
    "structure": "结构",
    "no_speech": "未发现语音",
    "arc_at": "{time} 起{label}",
    "arc_more": "{arc} …… 另有 {count} 次变化",
    "segment_times": "各情绪主导的时长",
    "seconds": "秒",
    "share": "占比",
    "silence": "无语音",
    "changes": "情绪之间的转换",
    "from_to": "{before} → {after}",
    "times": "次数",
    "volatility": "波动性（每秒移向其他标签的概率）",
    "settings": "设置与来源",
    "recording": "录音",
    "identity": "采样的 SHA-256",
    "duration": "时长",
    "checkpoint": "检查点",
    "calibration": "校准",
    "engine": "引擎",
    "smoothing": "曲线平滑",
    "none": "无",
    "moving average": "移动平均",
    "savitzky-golay": "Savitzky–Golay",
    "over": "{method}，{seconds} 秒",
    "min_segment": "最短片段",
    "speech": "语音检测",
    "speech_not_asked": "未启用：静音也计为情绪",
    "licence": "权重许可证",
    "licence_unknown": "此处未知：请查检查点的来源",
    "made": "制作时间",
    "limits": "这是模型对声音听感的判断，并非人的真实感受。不得用于评判人：招聘、评分、执法、保险、医疗或法律决定。",
}

_CATALOGUES = {"en": _ENGLISH | ENGLISH, "zh": _CHINESE | CHINESE}


class Words:
    """The sentences of one language. Raises `ExportError` for a language there is none of."""

    def __init__(self, language: str) -> None:
        if language not in _CATALOGUES:
            raise ExportError(f"There is no report in {language!r}; there are {', '.join(_CATALOGUES)}.")
        self.language = "zh-CN" if language == "zh" else language
        self._said = _CATALOGUES[language]
        self.emotions = {
            each.key: f"{each.emoji} {each.chinese if language == 'zh' else each.english}" for each in EMOTIONS
        }

    def __getitem__(self, key: str) -> str | dict[str, str]:
        return self.emotions if key == "emotions" else self._said[key]

    def __call__(self, key: str, **values: object) -> str:
        return self._said[key].format(**values)
