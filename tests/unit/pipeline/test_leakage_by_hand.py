"""Leakage that no estimator brings: numbers of all rows, copies, and divisions by slice and fold.

Each clean notebook is the near miss of a leak.
"""

from __future__ import annotations

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits import habit_diagnostics

HEAD = """\
from pathlib import Path
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from sklearn import metrics, preprocessing
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit, cross_val_score
from sklearn.model_selection import GroupShuffleSplit, learning_curve, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler, minmax_scale, scale
from sklearn.utils import resample
from tensorflow import keras
df = pd.read_csv('d.csv')
X, y = df.drop(columns='y'), df['y']
"""
COLUMNS = "X, y = df[['a', 'b']], df['y']\n"
SPLIT = "Xa, Xb, ya, yb = train_test_split(X, y, random_state=0)\n"
FIT = "m = LogisticRegression().fit(Xa, ya)\nm.score(Xb, yb)\n"
CUT = "Xa, Xb = X[:800], X[800:]\nya, yb = y[:800], y[800:]\n"
SCALED = "X = StandardScaler().fit_transform(X)\n"
LOOP = "for tr, rest in KFold(5).split(X):\n"
FOLD = "    m = LogisticRegression().fit(X[tr], y[tr])\n    print(m.score(X[rest], y[rest]))\n"
NET = "m = keras.Sequential()\nm.fit(Xa, ya)\nm.evaluate(Xb, yb)\n"

LEAKY: dict[str, str] = {
    # functions that scale
    "scale": "X = scale(X)\n" + SPLIT + FIT,
    "minmax_scale by its module": "X = preprocessing.minmax_scale(X)\n" + SPLIT + FIT,
    "robust_scale": "X = preprocessing.robust_scale(X)\n" + SPLIT + FIT,
    "maxabs_scale": "X = preprocessing.maxabs_scale(X)\n" + SPLIT + FIT,
    "quantile_transform": "X = preprocessing.quantile_transform(X)\n" + SPLIT + FIT,
    "power_transform": "X = preprocessing.power_transform(X)\n" + SPLIT + FIT,
    "normalize by column": "X = preprocessing.normalize(X, axis=0)\n" + SPLIT + FIT,
    "scale into columns": "df[['a']] = scale(df[['a']])\n" + COLUMNS + SPLIT + FIT,
    "scale before cross-validation": "X = scale(X)\ncross_val_score(LogisticRegression(), X, y)",
    "scale before a learning curve": "X = scale(X)\nlearning_curve(LogisticRegression(), X, y)",
    "zscore": "X = stats.zscore(X)\n" + SPLIT + FIT,
    # filling
    "fill with the mean": "df['a'] = df['a'].fillna(df['a'].mean())\n" + COLUMNS + SPLIT + FIT,
    "fill with the median": "df['a'] = df.a.fillna(df.a.median())\n" + COLUMNS + SPLIT + FIT,
    "fill with the mode": "df['a'] = df['a'].fillna(df['a'].mode()[0])\n" + COLUMNS + SPLIT + FIT,
    "fill a table": "X = X.fillna(X.mean())\n" + SPLIT + FIT,
    "fill in place": "df['a'].fillna(df['a'].mean(), inplace=True)\n" + COLUMNS + SPLIT + FIT,
    "fill a table in place": "X.fillna(X.median(), inplace=True)\n" + SPLIT + FIT,
    "fill with a number of its own name": "middle = df['a'].median()\n#--\n"
    "df['a'] = df['a'].fillna(middle)\n" + COLUMNS + SPLIT + FIT,
    "fill with a rounded mean": "df['a'] = df['a'].fillna(round(df['a'].mean(), 1))\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "fill by replace": "df['a'] = df['a'].replace(0, df['a'].mean())\n" + COLUMNS + SPLIT + FIT,
    "fill by where": "df['a'] = np.where(df['a'].isna(), df['a'].mean(), df['a'])\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "fill by loc": "df.loc[df['a'].isna(), 'a'] = df['a'].mean()\n" + COLUMNS + SPLIT + FIT,
    "fill in a loop": "for c in ['a', 'b']:\n    df[c] = df[c].fillna(df[c].mean())\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "fill a dict of columns": "df = df.fillna({'a': df['a'].mean()})\n" + COLUMNS + SPLIT + FIT,
    "fill by groups": "df['a'] = df['a'].fillna(df.groupby('g')['a'].transform('median'))\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "fill in a function": "def fill(t):\n    return t.fillna(t.mean())\nX = fill(X)\n"
    + SPLIT
    + FIT,
    "fill in a function that changes its table": "def f(t, c):\n"
    "    t[c] = t[c].fillna(t[c].mean())\nf(df, 'a')\n" + COLUMNS + SPLIT + FIT,
    "fill one by one": "mu = df['a'].mean()\n"
    "df['a'] = df['a'].apply(lambda v: mu if np.isnan(v) else v)\n" + COLUMNS + SPLIT + FIT,
    "fill by a description": "told = df.describe()\ndf['a'] = df['a'] / told.loc['std', 'a']\n"
    + COLUMNS
    + SPLIT
    + FIT,
    # scaling
    "standardised": "X = (X - X.mean()) / X.std()\n" + SPLIT + FIT,
    "standardised by numpy": "X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)\n" + SPLIT + FIT,
    "standardised in steps": "mu, sd = X.mean(), X.std()\n#--\nX = X - mu\nX = X / sd\n"
    + SPLIT
    + FIT,
    "standardised in place": "X -= X.mean(axis=0)\nX /= X.std(axis=0)\n" + SPLIT + FIT,
    "min-max": "X = (X - X.min()) / (X.max() - X.min())\n" + SPLIT + FIT,
    "min-max by numpy": "lo, hi = np.min(X, 0), np.max(X, 0)\nX = (X - lo) / (hi - lo)\n"
    + SPLIT
    + FIT,
    "by the highest": "X = X / X.max()\n" + SPLIT + FIT,
    "by methods": "X = X.sub(X.mean()).div(X.std())\n" + SPLIT + FIT,
    "a column": "df['a'] = (df['a'] - df['a'].mean()) / df['a'].std()\n" + COLUMNS + SPLIT + FIT,
    "each column in turn": "X = X.apply(lambda c: (c - c.mean()) / c.std())\n" + SPLIT + FIT,
    "a function": "def norm(c):\n    return (c - c.min()) / (c.max() - c.min())\nX = norm(X)\n"
    + SPLIT
    + FIT,
    "a lambda": "norm = lambda c: (c - c.mean()) / c.std()\nX = X.apply(norm)\n" + SPLIT + FIT,
    "a table that is divided whole": "df['a'] = (df['a'] - df['a'].mean()) / df['a'].std()\n"
    "train, test = train_test_split(df, random_state=0)\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "before a network": "X = (X - X.mean()) / X.std()\n" + SPLIT + NET,
    # the target
    "target by groups": "df['c'] = df.groupby('c')['y'].transform('mean')\n"
    + COLUMNS.replace("'b'", "'c'")
    + SPLIT
    + FIT,
    "target by groups, looked up": "means = df.groupby('c')['y'].mean()\n"
    "df['c'] = df['c'].map(means)\n" + COLUMNS.replace("'b'", "'c'") + SPLIT + FIT,
    "target by groups, merged": "means = df.groupby('c')['y'].agg('mean').reset_index()\n"
    "df = df.merge(means, on='c')\nX, y = df.drop(columns='y'), df['y']\n" + SPLIT + FIT,
    "target by its name": "goal = 'y'\ndf['c'] = df.groupby('c')[goal].transform('mean')\n"
    "X, y = df[['c']], df[goal]\n" + SPLIT + FIT,
    "target by groups in a table": "df['c'] = df.groupby('c').y.transform('mean')\n"
    "train, test = train_test_split(df, random_state=0)\n"
    "m = LogisticRegression().fit(train[['c']], train['y'])\nm.score(test[['c']], test['y'])",
    # copies
    "more rows": "df = pd.concat([df, df.sample(100)])\n" + COLUMNS + SPLIT + FIT,
    "more rows of one class": "few = df[df['y'] == 1]\ndf = pd.concat([df, few, few])\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "a sample with replacement": "df = df.sample(frac=1, replace=True)\n" + COLUMNS + SPLIT + FIT,
    "a sample of more rows": "df = df.sample(frac=2, replace=True)\n" + COLUMNS + SPLIT + FIT,
    "resampled to balance": "few, many = df[df['y'] == 1], df[df['y'] == 0]\n"
    "few = resample(few, replace=True, n_samples=len(many))\ndf = pd.concat([few, many])\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "resampled both": "X, y = resample(X, y, n_samples=5000)\n" + SPLIT + FIT,
    "repeated": "X, y = np.repeat(X, 2, axis=0), np.repeat(y, 2, axis=0)\n" + SPLIT + FIT,
    "repeated index": "df = df.loc[df.index.repeat(3)]\n" + COLUMNS + SPLIT + FIT,
    "mirrored pictures": "X = np.concatenate([X, X[:, ::-1]])\ny = np.concatenate([y, y])\n"
    + SPLIT
    + FIT,
    "stacked": "X = np.vstack([X, X[y == 1]])\ny = np.append(y, y[y == 1])\n" + SPLIT + FIT,
    # slices
    "slices": SCALED + CUT + FIT,
    "slices by a name": SCALED + "n = int(len(X) * 0.8)\n" + CUT.replace("800", "n") + FIT,
    "slices in places": SCALED
    + "m = LogisticRegression().fit(X[:800], y[:800])\nm.score(X[800:], y[800:])",
    "slices from the end": SCALED + CUT.replace("800", "-200") + FIT,
    "slices of three": SCALED + CUT.replace("800:", "900:") + FIT,
    "slices by iloc": "X[:] = scale(X)\n" + CUT.replace("X[", "X.iloc[") + FIT,
    "slices of rows and columns": SCALED + CUT.replace("X[:800]", "X[:800, :]") + FIT,
    "slices, judged by a metric": SCALED
    + CUT
    + "m = LogisticRegression()\nm.fit(Xa, ya)\np = m.predict(Xb)\n#--\naccuracy_score(yb, p)",
    "slices, judged by hand": SCALED
    + CUT
    + "m = LogisticRegression().fit(Xa, ya)\nprint((m.predict(Xb) == yb).mean())",
    "slices of a table": "df['a'] = scale(df['a'])\ntrain, test = df[:800], df[800:]\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "slices before a network": SCALED + CUT + NET,
    "slices of a model of statistics": "X = (X - X.mean()) / X.std()\n"
    + CUT
    + "res = sm.OLS(ya, Xa).fit()\nprint(mean_squared_error(yb, res.predict(Xb)))",
    "a mask": "X = scale(X)\nold = np.random.rand(len(X)) < 0.8\nXa, Xb = X[old], X[~old]\n"
    "ya, yb = y[old], y[~old]\n" + FIT,
    "a date": "df['a'] = scale(df['a'])\ntrain = df[df['date'] < '2020']\n"
    "test = df[df['date'] >= '2020']\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "a query": "df['a'] = scale(df['a'])\ntrain = df.query(\"date < '2020'\")\n"
    "test = df.query(\"date >= '2020'\")\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "a column that says which": "df['a'] = scale(df['a'])\ntrain = df[df['part'] == 'train']\n"
    "test = df[df['part'] == 'test']\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "a permutation": SCALED + "order = np.random.permutation(len(X))\n"
    "tr, rest = order[:800], order[800:]\nXa, Xb, ya, yb = X[tr], X[rest], y[tr], y[rest]\n" + FIT,
    "a permuted index": "df['a'] = scale(df['a'])\norder = np.random.permutation(df.index)\n"
    "train, test = df.loc[order[:800]], df.loc[order[800:]]\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "shuffled positions": SCALED + "order = np.arange(len(X))\nnp.random.shuffle(order)\n"
    "tr, rest = order[:800], order[800:]\nXa, Xb, ya, yb = X[tr], X[rest], y[tr], y[rest]\n" + FIT,
    "a sample and the rest": "df['a'] = scale(df['a'])\ntrain = df.sample(frac=0.8)\n"
    "test = df.drop(train.index)\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    "a sample and what is not in it": "df['a'] = scale(df['a'])\ntrain = df.sample(frac=0.8)\n"
    "test = df[~df.index.isin(train.index)]\n"
    "m = LogisticRegression().fit(train[['a']], train['y'])\nm.score(test[['a']], test['y'])",
    # folds
    "folds": "X = MinMaxScaler().fit_transform(X)\n" + LOOP + FOLD,
    "folds by iloc": "X = X.fillna(X.mean())\n"
    + LOOP
    + FOLD.replace("[tr]", ".iloc[tr]").replace("[rest]", ".iloc[rest]"),
    "counted folds": "X = scale(X)\nkf = StratifiedKFold(5)\n"
    "for k, (tr, rest) in enumerate(kf.split(X, y)):\n" + FOLD,
    "a list of folds": "X = scale(X)\nfolds = list(KFold(5).split(X))\nfor tr, rest in folds:\n"
    + FOLD,
    "the first fold": "X = scale(X)\ntr, rest = next(GroupShuffleSplit().split(X, y, df['g']))\n"
    "m = LogisticRegression().fit(X[tr], y[tr])\nm.score(X[rest], y[rest])",
    "folds of time": "X = scale(X)\nfor tr, rest in TimeSeriesSplit(5).split(X):\n" + FOLD,
    "folds, fitted on everything": LOOP + FOLD.replace("fit(X[tr], y[tr])", "fit(X, y)"),
    # test rows of their own
    "test rows by their own mean": SPLIT + "Xa = (Xa - Xa.mean()) / Xa.std()\n"
    "Xb = (Xb - Xb.mean()) / Xb.std()\n" + FIT,
    "test rows filled by themselves": SPLIT + "Xb = Xb.fillna(Xb.mean())\n" + FIT,
}
CLEAN: dict[str, str] = {
    "two files of one folder": "folder = Path('data')\nX = pd.concat([pd.read_csv(folder / 'a'), "
    "pd.read_csv(folder / 'b')])\n" + SPLIT + FIT,
    "a function that works on a copy": "def look(t):\n    t = t.copy()\n"
    "    t['a'] = t['a'] / t['a'].mean()\n    t.plot()\nlook(X)\n" + SPLIT + FIT,
    "error in shares of the mean": SPLIT + "m = LogisticRegression().fit(Xa, ya)\n"
    "e = yb - m.predict(Xb)\nprint(np.sqrt(np.mean(e ** 2)) / yb.mean())",
    "rows to length one": "X = preprocessing.normalize(X)\n" + SPLIT + FIT,
    "rows scaled": "X = scale(X, axis=1)\n" + SPLIT + FIT,
    "a feature of ones": "X = preprocessing.add_dummy_feature(X)\n" + SPLIT + FIT,
    "binarized": "X = preprocessing.binarize(X)\n" + SPLIT + FIT,
    "scaled each part by the first": SPLIT + "mu, sd = Xa.mean(), Xa.std()\n"
    "Xa, Xb = (Xa - mu) / sd, (Xb - mu) / sd\n" + FIT,
    "filled by the training rows": SPLIT + "mu = Xa.median()\nXa = Xa.fillna(mu)\n"
    "Xb = Xb.fillna(mu)\n" + FIT,
    "looked at": "df.mean()\ndf.describe()\nprint(df['a'].max(), df['a'].std())\n"
    "df.groupby('c')['y'].mean().plot()\n" + SPLIT + FIT,
    "a picture of what was scaled": "Z = (X - X.mean()) / X.std()\nZ.hist()\n" + SPLIT + FIT,
    "a column that is not used": "df['z'] = (df['a'] - df['a'].mean()) / df['a'].std()\n"
    "df = df[df['z'].abs() < 3]\n" + COLUMNS + SPLIT + FIT,
    "a column that is dropped": "df['z'] = (df['a'] - df['a'].mean()) / df['a'].std()\n"
    "X, y = df.drop(columns=['z', 'y']), df['y']\n" + SPLIT + FIT,
    "a column of a table that is divided whole": "df['z'] = df['a'] / df['a'].max()\n"
    "train, test = train_test_split(df, random_state=0)\n"
    "m = LogisticRegression().fit(train[['b']], train['y'])\nm.score(test[['b']], test['y'])",
    "outliers left out": "df = df[df['a'] < df['a'].quantile(0.99)]\n" + COLUMNS + SPLIT + FIT,
    "outliers by their distance": "mu, sd = df['a'].mean(), df['a'].std()\n"
    "df = df[(df['a'] - mu).abs() < 3 * sd]\n" + COLUMNS + SPLIT + FIT,
    "a target of two values": "y = (df['y'] > df['y'].median()).astype(int)\n" + SPLIT + FIT,
    "days since the first": "df['a'] = df['date'] - df['date'].min()\n" + COLUMNS + SPLIT + FIT,
    "years to the last": "df['a'] = df['year'].max() - df['year']\n" + COLUMNS + SPLIT + FIT,
    "means of rows": "df['a'] = df[['b', 'c']].mean(axis=1)\n" + COLUMNS + SPLIT + FIT,
    "rows centred": "X = X.sub(X.mean(axis=1), axis=0)\n" + SPLIT + FIT,
    "pictures each by itself": "X = X - X.mean(axis=(1, 2))\n" + SPLIT + FIT,
    "rows by a function": "df['a'] = df.apply(lambda r: r['b'] / r.mean(), axis=1)\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "means of windows": "df['a'] = df['b'].rolling(7).mean()\n" + COLUMNS + SPLIT + FIT,
    "changes": "df['a'] = df['b'].diff() / df['b'].shift()\n" + COLUMNS + SPLIT + FIT,
    "groups without the target": "df['a'] = df.groupby('c')['b'].transform('mean')\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "sizes of groups": "df['a'] = df.groupby('c')['b'].transform('count')\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "groups merged": "means = df.groupby('c')['b'].mean().reset_index()\n"
    "df = df.merge(means, on='c')\n" + COLUMNS + SPLIT + FIT,
    "the target by groups of training rows": SPLIT + "means = ya.groupby(Xa['c']).mean()\n"
    "Xa['c'] = Xa['c'].map(means)\nXb['c'] = Xb['c'].map(means)\n" + FIT,
    "counts of a category": "df['a'] = df['c'].map(df['c'].value_counts())\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "a fixed range": "X = X / 255.0\n" + SPLIT + FIT,
    "a length of what is longest": "n = df['t'].str.len().max()\n"
    "X = keras.utils.pad_sequences(df['t'], maxlen=n)\n" + SPLIT + FIT,
    "a constant": "df['a'] = df['a'].fillna(0)\n" + COLUMNS + SPLIT + FIT,
    "the last value": "df = df.ffill()\n" + COLUMNS + SPLIT + FIT,
    "a column of one number": "df['mean'] = df['a'].mean()\n" + SPLIT + FIT,
    "shuffled": "df = df.sample(frac=1, random_state=0)\n" + COLUMNS + SPLIT + FIT,
    "fewer rows": "df = df.sample(1000)\n" + COLUMNS + SPLIT + FIT,
    "fewer of one class": "few, many = df[df['y'] == 1], df[df['y'] == 0]\n"
    "df = pd.concat([few, many.sample(len(few))])\n" + COLUMNS + SPLIT + FIT,
    "fewer by resample": "few, many = df[df['y'] == 1], df[df['y'] == 0]\n"
    "many = resample(many, replace=False, n_samples=100)\ndf = pd.concat([few, many])\n"
    + COLUMNS
    + SPLIT
    + FIT,
    "copies of training rows": SPLIT + "Xa, ya = resample(Xa, ya, n_samples=5000)\n" + FIT,
    "columns beside each other": "X = pd.concat([X, pd.get_dummies(df['c'])], axis=1)\n"
    + SPLIT
    + FIT,
    "columns by numpy": "X = np.concatenate([X, X ** 2], axis=1)\n" + SPLIT + FIT,
    "columns stacked and turned": "X = np.vstack([df['a'], df['b']]).T\n" + SPLIT + FIT,
    "channels": "X = np.repeat(X, 3, axis=-1)\n" + SPLIT + FIT,
    "two tables": "df = pd.concat([df, pd.read_csv('more.csv')])\n" + COLUMNS + SPLIT + FIT,
    "joined again": "train, test = train_test_split(df, random_state=0)\n"
    "df = pd.concat([train, test])\n" + COLUMNS + SPLIT + FIT,
    "slices": CUT + FIT,
    "slices, scaled by the first": "s = StandardScaler().fit(X[:800])\nX = s.transform(X)\n"
    + CUT
    + FIT,
    "slices, each scaled by the first": CUT + "s = StandardScaler()\nXa = s.fit_transform(Xa)\n"
    "Xb = s.transform(Xb)\n" + FIT,
    "slices, by hand by the first": CUT + "mu, sd = Xa.mean(), Xa.std()\nXa = (Xa - mu) / sd\n"
    "Xb = (Xb - mu) / sd\n" + FIT,
    "slices for a look": SCALED + "m = LogisticRegression().fit(X, y)\nm.predict(X[:5])\ny[:5]",
    "slices, predicted and not judged": SCALED
    + "m = LogisticRegression().fit(X[:800], y[:800])\nout = m.predict(X[800:])\n"
    "pd.DataFrame({'id': df['id'][800:], 'y': out}).to_csv('out.csv')",
    "some rows only": SCALED + "X, y = X[:1000], y[:1000]\nm = LogisticRegression().fit(X, y)\n"
    "m.score(X, y)",
    "clusters": "Z = scale(X)\nk = KMeans(3).fit(Z)\nprint(k.predict(Z[:10]))",
    "components for a picture": "Z = PCA(2).fit_transform(scale(X))\nold = df['a'] > 3\n"
    "Z[old], Z[~old]\n" + SPLIT + FIT,
    "folds": LOOP + FOLD,
    "folds, scaled in each": LOOP + "    s = StandardScaler().fit(X[tr])\n"
    "    m = LogisticRegression().fit(s.transform(X[tr]), y[tr])\n"
    "    print(m.score(s.transform(X[rest]), y[rest]))\n",
    "folds, by hand in each": LOOP + "    mu = X[tr].mean()\n"
    "    m = LogisticRegression().fit(X[tr] - mu, y[tr])\n"
    "    print(m.score(X[rest] - mu, y[rest]))\n",
    "folds of a pipeline": LOOP
    + FOLD.replace("LogisticRegression()", "make_pipeline(StandardScaler(), LogisticRegression())"),
    "how much is explained, by hand": SPLIT
    + "m = LogisticRegression().fit(Xa, ya)\np = m.predict(Xb)\n"
    "r2 = 1 - ((yb - p) ** 2).sum() / ((yb - yb.mean()) ** 2).sum()",
    "a mean to compare with": SPLIT + FIT + "base = np.abs(yb - ya.mean()).mean()",
    "what is filled is not what is used": "Z = X.fillna(X.mean())\nZ.plot()\n" + SPLIT + FIT,
    "two tables, each by the first": "other = pd.read_csv('test.csv')\nmu = df['a'].mean()\n"
    "df['a'] = df['a'].fillna(mu)\nother['a'] = other['a'].fillna(mu)\n"
    "m = LogisticRegression().fit(df[['a']], df['y'])\nm.score(other[['a']], other['y'])",
    "parts in a loop": "m = LogisticRegression().fit(X, y)\nfor i in range(3):\n"
    "    print(m.score(X[i * 100:], y[i * 100:]))",
}


def leaks(code: str) -> list[Diagnostic]:
    """Return what `check` tells of leakage; ``#--`` divides cells."""
    sources = [HEAD, *code.split("#--\n")]
    plain = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    pipeline = build_pipeline(cells_of({"cells": plain}), name="n", star_names=lambda _: None)
    found = habit_diagnostics(pipeline, counts={})
    return [d for d in found if d.code in ("MNB240", "MNB241", "MNB256")]


@pytest.mark.parametrize("name", LEAKY)
def test_a_leak_by_hand_is_found(name: str) -> None:
    assert leaks(LEAKY[name])


@pytest.mark.parametrize("name", CLEAN)
def test_a_near_miss_of_a_leak_is_left_alone(name: str) -> None:
    assert leaks(CLEAN[name]) == []


@pytest.mark.parametrize(
    ("code", "cell", "told"),
    [
        (
            "#--\nX = X.fillna(X.mean())\n#--\n" + SPLIT,
            3,
            "the rows are divided after the mean was taken of all of them in cell 2: the training "
            "rows know the test rows.",
        ),
        (
            "#--\ndf = pd.concat([df, df.sample(9)])\n#--\n" + COLUMNS + SPLIT,
            3,
            "the rows are divided after a copy was put beside them in cell 2: the test rows are "
            "among the training rows.",
        ),
        (
            "#--\nX = scale(X)\n" + CUT + "#--\n" + FIT,
            2,
            "the rows are divided after scale() was fitted on all of them above: the training "
            "rows know the test rows.",
        ),
        (
            SPLIT + "Xb = Xb.fillna(Xb.mean())\n#--\n" + FIT,
            2,
            "the mean is taken of test rows.",
        ),
        (
            "#--\ndef scaled(rows):\n    return StandardScaler().fit_transform(rows)\n#--\n"
            + SPLIT
            + "#--\nXb = scaled(Xb)\n",
            2,
            "StandardScaler is fitted on test rows.",
        ),
    ],
)
def test_a_leak_is_told_where_the_rows_are_divided(code: str, cell: int, told: str) -> None:
    (leak,) = leaks(code)
    assert (leak.cell, leak.message) == (cell, told)
