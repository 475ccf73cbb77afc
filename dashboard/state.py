"""What a session remembers, each key named once, and what of it the address bar carries."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.emotions import NOT_NAMED
from core.results import Analysis, Segment
from core.settings import GRANULARITIES
from dashboard.batches import Spool, Upload
from dashboard.clips import Clip, has_sound
from dashboard.compare_groups import GroupsState
from dashboard.compare_view import CompareView
from dashboard.compare_work import CompareWork
from dashboard.components.player import PlaySpan
from dashboard.explorer_state import ExplorerState
from dashboard.fields import ListField
from dashboard.jobs import Job
from dashboard.language import LANGUAGES, Texts, language_of, texts_in
from dashboard.library_view import LibraryView
from dashboard.listening import Shelf
from dashboard.resources import services
from dashboard.timeline_view import TimelineView

if TYPE_CHECKING:
    from core.truth import LabelError

LANGUAGE_PARAMETER = "lang"
LANGUAGE_KEY = "language"  # also the switch's own key
_SESSION = "emoscope_session"


def reference_file_key(clip_id: str) -> str:
    """The key of a clip's own way in for a person's annotation: what comes for one is never another's."""
    return f"reference-file-{clip_id}"


def reference_tier_key(clip_id: str) -> str:
    """The key of the tier that is asked for in it."""
    return f"reference-tier-{clip_id}"


@dataclass
class TimelineState:
    """How one clip's timeline is looked at in this tab.

    Attributes:
        play: a stretch that was asked to be played.
        reference: a person's segments of it, their labels those of the file.
        means: what each label of the reference stands for; "" for nothing.
        why: the label whose evidence is looked at; None for the verdict.
    """

    view: TimelineView
    play: PlaySpan | None = None
    reference: tuple[Segment, ...] = ()
    means: dict[str, str] = field(default_factory=dict)
    why: str | None = None
    names: dict[str, str] = field(default_factory=dict)  # what this tab calls each speaker that was told apart
    refused: str = ""  # why the last annotation that came could not be read

    def play_stretch(self, start_s: float, end_s: float) -> None:
        """Have the player play a stretch, also when it is the one it played last."""
        self.play = PlaySpan(start_s, end_s, 1 if self.play is None else self.play.nonce + 1)


@dataclass
class CompareState:
    """Which clips this tab compares, and how it looks at them.

    Attributes:
        clips: ids of the session's clips, in their order.
        reference: the one the others are held against; None for the first.
        gone: what a link named and this server no longer has.
        known: ids of the session's clips that were there when the page was last drawn: what is new joins by itself.
        opened: whether the link was read.
        changed: whether the page around the panel has to be drawn again.
        work: what is measured in the background, by what it is for: see `dashboard.compare_work`.
    """

    view: CompareView = field(default_factory=CompareView)
    clips: list[str] = field(default_factory=list)
    reference: str | None = None
    gone: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    opened: bool = False
    changed: bool = False
    left_out: int = 0  # clips that found no room
    choice: ListField = field(default_factory=ListField)  # the field that says which clips take part
    work: CompareWork = field(default_factory=CompareWork)
    groups: GroupsState = field(default_factory=GroupsState)


@dataclass
class Staged:
    """Uploads that wait for their batch to be begun; on disk, and gone with the session.

    Attributes:
        uploads: clips and zips.
        metadata: a CSV.
        refused: why some could not be kept; sentences.
    """

    spool: Spool = field(default_factory=Spool)
    uploads: list[Upload] = field(default_factory=list)
    metadata: Upload | None = None
    refused: list[str] = field(default_factory=list)


@dataclass
class Editing:
    """A page of the library whose cells are being edited: what was there, until it is saved or left.

    Attributes:
        table: a `pandas.DataFrame`, the same as long as it is edited.
        rows: the clips as they were, one each row.
    """

    table: Any
    rows: list[dict[str, Any]]


@dataclass
class LibraryState:
    """How the library is looked at in this tab.

    Attributes:
        view: None until the page is first drawn.
        round: part of the filters' keys; another one gives them their values anew.
        drawn: part of the table's key; another one forgets which rows were selected.
        deleted: clips that were deleted last, to be taken back.
        told, refused: what came of what was done last, a sentence.
        opened: by a clip's key in the library, the id of the session's clip that was made of it.
        jobs: ids of what this tab began, the newest last; `job` is the one in the address bar.
    """

    view: LibraryView | None = None
    round: int = 0
    drawn: int = 0
    editing: Editing | None = None
    deleted: tuple[str, ...] = ()
    told: str = ""
    refused: str = ""
    staged: Staged | None = None
    jobs: list[str] = field(default_factory=list)
    job: str | None = None
    opened: dict[str, str] = field(default_factory=dict)


@dataclass
class Session:
    """One browser tab's clips and choices."""

    checkpoint: str
    granularity: str = GRANULARITIES[0]
    drop_other: bool = False
    clips: list[Clip] = field(default_factory=list)
    selected: str | None = None
    shelf: Shelf = field(default_factory=Shelf)
    doors: dict[str, int] = field(default_factory=dict)  # how often each way in was emptied: part of its widget's key
    saved: dict[tuple[str, str, str, bool], str] = field(default_factory=dict)
    timelines: dict[str, TimelineState] = field(default_factory=dict)  # by clip
    timeline_choice: ListField = field(default_factory=ListField)  # the field that says whose is shown
    decided: "tuple[LabelError, ...]" = ()  # likely label errors that were decided on last, to be undone
    explorer: ExplorerState | None = None
    compared: CompareState = field(default_factory=CompareState)
    library: LibraryState = field(default_factory=LibraryState)
    keeping: dict[tuple[str, str], Job] = field(
        default_factory=dict
    )  # by clip and checkpoint: on its way to the library
    head: str = ""  # the kept head that is looked at beside the checkpoint's own; "" for none
    picked: list[str] = field(default_factory=list)  # keys of library clips, on their way from one page to another
    playing: tuple[str, bytes] = ("", b"")  # of the clip on screen: its SHA-256 and its WAV

    def view(self, analysis: Analysis) -> Analysis:
        """The analysis as this session looks at it: all labels, or without `other` and `unknown` and renormalised."""
        says_a_name = any(label not in NOT_NAMED for label in analysis.labels)
        return analysis.without(NOT_NAMED) if self.drop_other and says_a_name else analysis

    def remove(self, clip: Clip) -> None:
        """Forget a clip; what is being done for it stops. A second click on its cross finds it gone."""
        if clip not in self.clips:
            return
        for listening in clip.listenings.values():
            listening.cancel()
        self.clips.remove(clip)
        services().recents.forget(clip)
        kept = {other.heard.result().waveform.sha256 for other in self.clips if has_sound(other)}
        if self.playing[0] not in kept:
            self.playing = ("", b"")
        self.shelf.analyses = {key: value for key, value in self.shelf.analyses.items() if key.sha256 in kept}


def session() -> Session:
    """This session's memory."""
    if _SESSION not in st.session_state:
        st.session_state[_SESSION] = Session(services().host.default)
    remembered: Session = st.session_state[_SESSION]
    return remembered


def language() -> str:
    """The language on screen: what was chosen, else what the link says, else what the browser speaks.

    Who changes pages before the first one is drawn has a browser that says the switch is on nothing.
    """
    if st.session_state.get(LANGUAGE_KEY) not in LANGUAGES:
        asked = st.query_params.get(LANGUAGE_PARAMETER, "")
        st.session_state[LANGUAGE_KEY] = asked if asked in LANGUAGES else language_of(st.context.locale)
    chosen: str = st.session_state[LANGUAGE_KEY]
    return chosen


def link_language() -> None:
    """Keep the language in the address bar, so that a link opens in it."""
    if st.query_params.get(LANGUAGE_PARAMETER) != language():
        st.query_params[LANGUAGE_PARAMETER] = language()


def texts() -> Texts:
    """The words in this session's language."""
    return texts_in(language())
