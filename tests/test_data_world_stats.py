import pytest

from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.stats import corruption_psnr, main


@pytest.mark.parametrize("task", RESTORATION_TASKS)
def test_mean_input_psnr_is_between_16_and_22_db(task):
    assert 16 <= corruption_psnr(task, count=150) <= 22


def test_the_strengths_are_printed(capsys):
    main(count=3)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(RESTORATION_TASKS)
    assert all("dB over 3 test pictures" in line for line in lines)
