"""Settings from defaults, files, recipes and single changes."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from painter_kit.config import dump_config, load_config, recipe_names
from painter_kit.errors import InputError


@dataclass(frozen=True)
class Optim:
    lr: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)


@dataclass(frozen=True)
class Settings:
    task: str = "depth"
    steps: int = 100
    out: Path | None = None
    optim: Optim = field(default_factory=Optim)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text("steps: 5\noptim:\n  lr: 1e-3\n")
    return path


def test_defaults_without_a_file():
    assert load_config(Settings) == Settings()


def test_file_then_changes(file: Path):
    made = load_config(Settings, file, ["optim.lr=0.5", "task = semantic"])
    assert made == Settings("semantic", 5, None, Optim(0.5))


def test_change_of_a_section_that_the_file_leaves_out(tmp_path: Path):
    made = load_config(Settings, None, ["optim.betas=[0.5, 0.6]"])
    assert made.optim == Optim(0.1, (0.5, 0.6))


def test_empty_file_means_defaults(tmp_path: Path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert load_config(Settings, tmp_path / "empty.yaml") == Settings()


def test_dump_gives_the_settings_back(tmp_path: Path):
    settings = Settings("instance", 3, Path("runs/a"), Optim(1e-05, (0.1, 0.2)))
    (tmp_path / "saved.yaml").write_text(dump_config(settings))
    assert load_config(Settings, tmp_path / "saved.yaml") == settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stepz: 5", "unknown key stepz; did you mean steps?"),
        ("steps: many", "steps must be a whole number but got text 'many'"),
        ("- 1\n- 2", "must hold 'key: value' lines but holds a list"),
        ("a: [1", "not valid YAML"),
        ("out: !!python/object/apply:os.system [ls]", "not valid YAML"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, text: str, words: str):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(Settings, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("optim.rate=1", "--set: unknown key optim.rate"),
        ("steps=x", "--set: steps must be a whole number"),
        ("steps", "--set steps: write KEY=VALUE"),
        ("a..b=1", "write KEY=VALUE"),
        ("steps=[1", "the value is not valid YAML"),
    ],
)
def test_errors_name_the_change(file: Path, change: str, words: str):
    with pytest.raises(InputError, match="--set") as caught:
        load_config(Settings, file, [change])
    assert words in str(caught.value)


def test_error_in_the_file_is_not_blamed_on_a_change(tmp_path: Path):
    path = tmp_path / "bad.yaml"
    path.write_text("steps: x\n")
    with pytest.raises(InputError, match=r"bad\.yaml: steps must be"):
        load_config(Settings, path, ["optim.lr=1"])


def test_unknown_recipe_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        load_config(Settings, "no-such-recipe")
    assert "no such readable file or recipe" in str(caught.value)
    assert all(name in str(caught.value) for name in recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_recipes_are_mappings(name: str):
    import yaml

    recipe = Path(__file__).parents[1] / "painter_kit" / "recipes" / f"{name}.yaml"
    assert isinstance(yaml.safe_load(recipe.read_text()), dict)


def test_errors_of_a_changed_key_name_the_option(file: Path):
    for item in ("x.y=1", "optm.lr=1"):
        with pytest.raises(InputError, match=r"^--set: unknown key"):
            load_config(Settings, file, [item])
    file.write_text("x: 1")
    with pytest.raises(InputError, match=r"run\.yaml: unknown key x"):
        load_config(Settings, file, ["steps=3"])


@pytest.mark.parametrize(
    "text", ["a: &a [*a]", "[" * 9_000, "steps: 2001-99-99", "steps: 99999999999999999999"]
)
def test_yaml_that_no_parser_likes_is_named(text: str, file: Path):
    file.write_text(text)
    with pytest.raises(InputError, match=r"run\.yaml: not valid YAML: "):
        load_config(Settings, file)
