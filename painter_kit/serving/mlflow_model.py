"""The model that MLflow serves. MLflow runs this file when it loads one (models from code), so
that nothing is pickled; it is imported by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from painter_kit.errors import InputError
from painter_kit.serving.answer import Answerer

ARTIFACT, COLUMN = "served_prompt", "image"


class ServedPrompt(PythonModel):
    """Rows with a picture each in, rows with the painted and the decoded result out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load prompt and weights, onto the first GPU if there is one."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.answerer = Answerer.load(Path(context.artifacts[ARTIFACT]), device)

    # MLflow takes a hint at the input for a schema, and there is one already.
    def predict(
        self,
        context: PythonModelContext,
        model_input,  # noqa: ANN001
        params: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """What ``Answerer.answer`` gives; a picture that cannot be read is a bad request."""
        try:
            return self.answerer.answer(list(model_input[COLUMN]))
        except InputError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error


set_model(ServedPrompt())
